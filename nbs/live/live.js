// What a reader sees of TinyGPT: every element of class tiny-gpt becomes a place to type in.
// With data-size="small" it is a text and two buttons; the weights are loaded when first needed.
"use strict";
(() => {
  const here = document.currentScript.src.replace(/[^/]*$/, "");
  let loading; // the weights, once for all

  function loadModel() {
    loading ??= new Promise((resolve, reject) => {
      const script = document.createElement("script"); // works from a file, too, unlike fetch
      script.src = here + "weights.js";
      script.onload = () => resolve(new TinyGPT(globalThis.tinyWeights));
      script.onerror = () => reject(new Error("the weights, live/weights.js, can't be loaded"));
      document.head.append(script);
    });
    return loading;
  }

  function element(tag, attributes = {}, ...children) {
    const made = Object.assign(document.createElement(tag), attributes);
    for (const [name, value] of Object.entries(attributes))
      if (name.includes("-") || name === "role") made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  const shown = (character) => ({ "\n": "⏎", " ": "␣" })[character] ?? character;
  const percent = (p) => (p < 0.001 ? "<0.1" : (100 * p).toFixed(1)) + " %";

  class Page {
    constructor(place) {
      this.small = place.dataset.size === "small";
      this.start = this.read = 0; // where the model's window begins; how much of it is read
      this.ids = []; // of the characters in the window
      this.logits = []; // after each of them
      this.build(place);
      if (!this.small) this.update();
    }

    build(place) {
      const text = place.dataset.text ?? "ROMEO:\n";
      this.input = element("textarea", { value: text, rows: 2, spellcheck: false, "aria-label": "Text for the model to read" });
      this.write = element("button", { type: "button", textContent: "Let it write" });
      this.clear = element("button", { type: "button", textContent: "Clear" });
      this.strip = element("p", { className: "strip", tabIndex: 0, role: "group", "aria-label":
        "The text as the model reads it. Left and right arrow keys choose a character." });
      this.said = element("p", { className: "said", "aria-live": "polite" });
      this.input.oninput = () => { this.chosen = null; this.update(); };
      this.write.onclick = () => (this.timer ? this.stop() : this.begin());
      this.clear.onclick = () => { this.stop(); this.input.value = ""; this.input.oninput(); this.input.focus(); };
      this.strip.onclick = ({ target }) => this.choose(Number(target.dataset?.i ?? NaN));
      this.strip.onkeydown = (event) => {
        const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (step) { event.preventDefault(); this.choose((this.chosen ?? this.input.value.length - 1) + step); }
      };
      place.replaceChildren(this.input, element("p", { className: "buttons" }, this.write, this.clear));
      this.controls = { temperature: 0.8, topK: 0, topP: 1 };
      if (!this.small) {
        this.bars = element("ol", { className: "bars", "aria-label": "The likeliest next characters" });
        place.append(this.sliders(), element("p", { className: "heading", textContent: "Surprise (orange) and attention (blue)" }), this.strip,
          element("p", { className: "heading", textContent: "Next character" }), this.bars);
      } else place.append(this.strip);
      place.append(this.said);
      place.dataset.ready = "true";
    }

    sliders() {
      const slider = (name, label, settings, show) => {
        const output = element("output", { textContent: show(this.controls[name]) });
        const input = element("input", { type: "range", ...settings, value: this.controls[name], name });
        input.oninput = () => {
          this.controls[name] = Number(input.value);
          output.textContent = show(this.controls[name]);
          this.draw();
        };
        return element("label", {}, label + " ", input, output);
      };
      const chooser = (name, n) => {
        this[name] = element("select", { name }, ...Array.from({ length: n }, (_, i) => element("option", { value: i, textContent: i })));
        this[name].onchange = () => this.draw();
        return element("label", {}, name + " ", this[name]);
      };
      const row = element("div", { className: "controls" },
        slider("temperature", "temperature", { min: 0, max: 2, step: 0.05 }, (t) => t.toFixed(2)),
        slider("topK", "top-k", { min: 0, max: 20, step: 1 }, (k) => (k === 0 ? "all" : String(k))),
        slider("topP", "top-p", { min: 0.05, max: 1, step: 0.05 }, (p) => p.toFixed(2)));
      loadModel().then((model) => row.append(chooser("layer", model.L), chooser("head", model.H), " counted from 0"), () => {});
      return row;
    }

    // Read what has changed since the last time, and show it.
    async update() {
      try {
        this.model ??= await loadModel();
      } catch (error) {
        this.said.textContent = `Sorry: ${error.message}.`;
        return this.stop();
      }
      const { model } = this, text = this.input.value;
      const known = [...text].filter((character) => model.ids.has(character)).join("");
      if (known !== text) {
        const odd = [...text].find((character) => !model.ids.has(character));
        this.input.value = known;
        this.said.textContent = `“${odd}” is not among the ${model.V} characters that it knows.`;
      } else if (!this.timer) this.said.textContent = "";
      // a full window slides by half, and all of it is read anew
      if (known.length < this.start || known.length > this.start + model.T)
        this.start = Math.max(0, known.length - model.T / 2);
      const ids = [...known.slice(this.start)].map((character) => model.ids.get(character));
      let same = 0;
      if (this.from === this.start) while (same < ids.length && same < this.ids.length && ids[same] === this.ids[same]) same++;
      if (globalThis.tinyReader !== this) same = 0; // another place on this page has used the model
      [globalThis.tinyReader, this.from, this.ids] = [this, this.start, ids];
      model.rewind(same);
      this.logits.length = same;
      for (const id of ids.slice(same)) this.logits.push(model.step(id));
      this.draw();
    }

    next() { // probabilities of the next character, as the sliders want them
      const { temperature, topK, topP } = this.controls;
      return probabilities(this.logits.at(-1), temperature, topK || Infinity, topP);
    }

    draw() {
      const { model, ids, start } = this, text = this.input.value;
      if (!model) return;
      const last = ids.length - 1, query = Math.min(last, (this.chosen ?? text.length - 1) - start);
      const layer = Number(this.layer?.value ?? 0), head = Number(this.head?.value ?? 0);
      const weights = query >= 0 && !this.small ? model.cache[layer].attention[query][head] : [];
      const most = Math.max(...weights);
      const spans = [...text].map((character, i) => {
        const span = element("span", { textContent: character === "\n" ? "⏎\n" : character });
        span.dataset.i = i;
        const place = i - start;
        if (place < 0) span.className = "forgotten";
        if (place > 0) {
          const p = probabilities(this.logits[place - 1])[ids[place]];
          span.title = `p = ${p.toPrecision(2)}`;
          span.style.backgroundColor = `rgba(213, 94, 0, ${0.7 * Math.min(1, -Math.log(p) / 6)})`;
        }
        if (weights[place] > 0) span.style.boxShadow = `inset 0 -0.35em 0 rgba(0, 114, 178, ${weights[place] / most})`;
        if (place === query && !this.small) span.classList.add("chosen");
        return span;
      });
      this.strip.replaceChildren(...spans);
      if (this.bars && last >= 0) this.drawBars();
      if (this.bars && last < 0) this.bars.replaceChildren();
    }

    drawBars() {
      const plain = probabilities(this.logits.at(-1)), p = this.next();
      const order = [...p.keys()].sort((a, b) => plain[b] - plain[a]).slice(0, 10);
      this.bars.replaceChildren(...order.map((i) => {
        const bar = element("span", { className: "bar" });
        bar.style.setProperty("--p", p[i]);
        bar.style.setProperty("--plain", plain[i]);
        return element("li", {}, element("code", { textContent: shown(this.model.characters[i]) }), bar, element("span", { className: "percent", textContent: percent(p[i]) }));
      }));
    }

    choose(i) { // whose attention is shown
      if (Number.isNaN(i) || this.small) return;
      this.chosen = Math.max(this.start, Math.min(this.input.value.length - 1, i));
      this.draw();
      const place = this.chosen - this.start, spoken = shown(this.input.value[this.chosen] ?? "");
      const p = place > 0 ? probabilities(this.logits[place - 1])[this.ids[place]] : null;
      this.said.textContent = `${spoken}: ` + (p === null ? "the first character has no surprise." : `it had a probability of ${percent(p)}; ${(-Math.log(p)).toFixed(2)} nats of surprise.`);
    }

    async begin() {
      this.chosen = null;
      this.write.textContent = "Stop";
      if (!this.input.value) this.input.value = "\n"; // a text begins after a line's end
      this.timer = -1;
      await this.update();
      let left = 300;
      const one = async () => {
        if (!this.timer || left-- === 0) return this.stop();
        this.input.value += this.model.characters[draw(this.next(), Math.random())];
        await this.update();
        this.input.scrollTop = this.input.scrollHeight;
        if (this.timer) this.timer = setTimeout(one, 25);
      };
      if (this.timer) one();
    }

    stop() {
      if (this.timer) {
        clearTimeout(this.timer);
        this.said.textContent = this.model ? "It has stopped writing." : this.said.textContent;
      }
      this.timer = null;
      this.write.textContent = "Let it write";
    }
  }

  const start = () => document.querySelectorAll(".tiny-gpt").forEach((place) => new Page(place));
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
