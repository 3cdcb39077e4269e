// The forward pass of a GPT with a key/value cache, in plain JavaScript: no library, no network.
// Letters as in the book: T positions, C channels, H heads of width D, V characters, L layers.
"use strict";

// Bytes that were written as base64, four characters for three bytes.
function decodeBase64(text) {
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const value = Object.fromEntries([...digits].map((digit, i) => [digit, i]));
  const bytes = new Uint8Array((text.length / 4) * 3);
  for (let i = 0, j = 0; i < text.length; i += 4, j += 3) {
    const [a, b, c, d] = [0, 1, 2, 3].map((k) => value[text[i + k]] ?? 0);
    bytes[j] = (a << 2) | (b >> 4);
    bytes[j + 1] = (b << 4) | (c >> 2);
    bytes[j + 2] = (c << 6) | d;
  }
  return bytes.buffer.slice(0, bytes.length - (text.match(/=/g) ?? []).length);
}

// y = W x for W with as many columns as x has numbers, stored row after row.
function multiply(W, x) {
  const C = x.length, y = new Float32Array(W.length / C);
  for (let row = 0, i = 0; row < y.length; row++) {
    let sum = 0;
    for (let c = 0; c < C; c++, i++) sum += W[i] * x[c];
    y[row] = sum;
  }
  return y;
}

function add(x, y) {
  return x.map((number, i) => number + y[i]);
}

// Layer norm with a gain and without a bias.
function layerNorm(x, gain, epsilon) {
  const mean = x.reduce((sum, number) => sum + number, 0) / x.length;
  const variance = x.reduce((sum, number) => sum + (number - mean) ** 2, 0) / x.length;
  const factor = 1 / Math.sqrt(variance + epsilon);
  return x.map((number, i) => (number - mean) * factor * gain[i]);
}

function gelu(x) {
  const inner = (u) => Math.sqrt(2 / Math.PI) * (u + 0.044715 * u ** 3);
  return x.map((u) => 0.5 * u * (1 + Math.tanh(inner(u))));
}

function softmax(x) {
  const top = x.reduce((a, b) => Math.max(a, b));
  const powers = x.map((number) => Math.exp(number - top));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((number) => number / sum);
}

class TinyGPT {
  // stored: what weights.js holds: sizes, characters, 8-bit rows with a scale each, and gains.
  constructor(stored) {
    Object.assign(this, stored.sizes); // T, C, H, L, V, epsilon
    this.characters = stored.characters;
    this.ids = new Map([...stored.characters].map((character, i) => [character, i]));
    const bytes = new Int8Array(decodeBase64(stored.int8));
    const numbers = new Float32Array(decodeBase64(stored.float32));
    let i = 0, j = 0;
    for (const [name, rows, columns] of stored.tensors) {
      if (columns === 0) { // a vector of gains
        this[name] = numbers.subarray(j, (j += rows));
        continue;
      }
      const W = new Float32Array(rows * columns);
      for (let row = 0; row < rows; row++, j++)
        for (let c = 0; c < columns; c++, i++) W[row * columns + c] = bytes[i] * numbers[j];
      this[name] = W;
    }
    this.cache = Array.from({ length: this.L }, () => ({ keys: [], values: [], attention: [] }));
    this.rewind(0);
  }

  // Forget all but the first characters.
  rewind(length) {
    this.length = length;
    for (const cache of this.cache) for (const name in cache) cache[name].length = length;
  }

  // One head's mix of all values so far, and how much it took of each.
  attend(q, { keys, values }, head) {
    const D = this.C / this.H, start = head * D, y = new Float32Array(D);
    const scores = new Float32Array(keys.length);
    for (let t = 0; t < keys.length; t++) {
      for (let d = start; d < start + D; d++) scores[t] += q[d] * keys[t][d];
      scores[t] /= Math.sqrt(D);
    }
    const weights = softmax(scores);
    for (let t = 0; t < values.length; t++)
      for (let d = 0; d < D; d++) y[d] += weights[t] * values[t][start + d];
    return [y, weights];
  }

  // Read one more character; return the logits (V) of the one after it.
  step(id) {
    const { C, T } = this, row = (W, i) => W.subarray(i * C, (i + 1) * C);
    if (this.length === T) throw new RangeError(`the context holds ${T} characters`);
    let x = add(row(this.wte, id), row(this.wpe, this.length++));
    this.cache.forEach((cache, layer) => {
      const part = (name) => this[`${layer}.${name}`];
      const qkv = multiply(part("attn.c_attn"), layerNorm(x, part("ln_1"), this.epsilon));
      cache.keys.push(qkv.subarray(C, 2 * C));
      cache.values.push(qkv.subarray(2 * C));
      const y = new Float32Array(C);
      cache.attention.push(Array.from({ length: this.H }, (_, head) => {
        const [mix, weights] = this.attend(qkv, cache, head);
        y.set(mix, head * mix.length);
        return weights;
      }));
      x = add(x, multiply(part("attn.c_proj"), y));
      const hidden = gelu(multiply(part("mlp.c_fc"), layerNorm(x, part("ln_2"), this.epsilon)));
      x = add(x, multiply(part("mlp.c_proj"), hidden));
    });
    return multiply(this.lm_head ?? this.wte, layerNorm(x, this.ln_f, this.epsilon));
  }

  // Logits after each character of a text, from an empty cache.
  read(ids) {
    this.rewind(0);
    return Array.from(ids, (id) => this.step(id));
  }
}

// Probabilities of the next character. Temperature 0 takes the likeliest; topK and topP cut.
function probabilities(logits, temperature = 1, topK = Infinity, topP = 1) {
  const order = Array.from(logits.keys()).sort((a, b) => logits[b] - logits[a]);
  if (temperature === 0) return logits.map((_, i) => Number(i === order[0]));
  const p = softmax(logits.map((logit) => logit / temperature));
  const kept = new Float32Array(p.length);
  let before = 0, sum = 0; // probability of what was kept already
  const top = order.slice(0, topK), whole = top.reduce((total, i) => total + p[i], 0);
  for (const i of top) {
    if (before >= topP * whole && before > 0) break;
    before += p[i];
    kept[i] = p[i];
    sum += p[i];
  }
  return kept.map((number) => number / sum);
}

// The index that a random number from 0 to 1 falls on.
function draw(p, random) {
  for (let i = 0; i < p.length; i++) if ((random -= p[i]) < 0) return i;
  return p.lastIndexOf(Math.max(...p));
}
