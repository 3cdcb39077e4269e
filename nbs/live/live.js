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

  const { element, shown, percent } = look;

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
      look.choosing(this.strip, (i) => this.choose(i), () => this.chosen ?? this.input.value.length - 1);
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
      const row = element("div", { className: "controls" }, ...look.sampling(this.controls, 20, () => this.draw()));
      const chooser = (name, n) => {
        const [label, select] = look.chooser(name, n, () => this.draw());
        this[name] = select;
        return label;
      };
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
        const place = i - start, p = place > 0 ? probabilities(this.logits[place - 1])[ids[place]] : null;
        const span = look.piece(character, i, p === null ? null : -Math.log(p), weights[place] > 0 ? weights[place] / most : 0);
        if (place < 0) span.className = "forgotten";
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
      this.bars.replaceChildren(...order.map((i) => look.bar(element("code", { textContent: shown(this.model.characters[i]) }), p[i], plain[i])));
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
