// Softmax with temperature, top-k and top-p over a few words: every element of class softmax-demo.
"use strict";
(() => {
  const WORDS = ["mat", "floor", "sofa", "moon", "roof", "idea"], LOGITS = [3, 2.2, 1.5, 0.2, 1.1, -1];

  function build(place) {
    const bars = WORDS.map((word) => {
      const row = document.createElement("li");
      row.innerHTML = `<code>${word}</code><span class="bar"></span><span class="percent"></span>`;
      return row;
    });
    const list = document.createElement("ol");
    list.className = "bars words";
    list.append(...bars);
    const controls = document.createElement("div");
    controls.className = "controls";
    controls.innerHTML = `
      <label>temperature <input type="range" name="temperature" min="0" max="3" step="0.1" value="1"><output></output></label>
      <label>top-k <input type="range" name="topK" min="1" max="6" value="6"><output></output></label>
      <label>top-p <input type="range" name="topP" min="0.1" max="1" step="0.05" value="1"><output></output></label>`;
    const sentence = document.createElement("p");
    sentence.textContent = "The cat sat on the …";
    place.replaceChildren(sentence, list, controls);

    const show = () => {
      const [temperature, topK, topP] = [...controls.querySelectorAll("input")].map((input) => {
        input.nextElementSibling.textContent = input.value;
        return Number(input.value);
      });
      const logits = Float32Array.from(LOGITS), plain = probabilities(logits);
      probabilities(logits, temperature, topK, topP).forEach((p, i) => {
        const [, bar, percent] = bars[i].children;
        bar.style.setProperty("--p", p);
        bar.style.setProperty("--plain", plain[i]);
        percent.textContent = `${(100 * p).toFixed(1)} %`;
      });
    };
    controls.oninput = show;
    show();
    place.dataset.ready = "true";
  }

  globalThis.document?.querySelectorAll(".softmax-demo").forEach(build);
})();
