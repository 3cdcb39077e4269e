// Who may look at whom: a sentence, its attention weights under a mask, and a slider for the window.
"use strict";

// Softmax of each row of scores over the positions that a causal mask with a window leaves.
function maskedWeights(scores, causal, window) {
  return scores.map((row, t) => {
    const seen = row.map((_, s) => (causal ? s <= t && t - s < window : Math.abs(t - s) < window));
    const top = Math.max(...row.filter((_, s) => seen[s]));
    const powers = row.map((score, s) => (seen[s] ? Math.exp(score - top) : 0));
    const sum = powers.reduce((a, b) => a + b, 0);
    return powers.map((power) => power / sum);
  });
}

(() => {
  const WORDS = ["The", "dog", "saw", "a", "cat", "and", "it", "ran"], T = WORDS.length;
  // made-up scores: a word likes itself, its neighbours and, a little, each noun
  const scores = WORDS.map((_, t) => WORDS.map((word, s) => (t === s ? 1 : -0.3 * Math.abs(t - s)) + (["dog", "cat"].includes(word) ? 1 : 0)));

  function build(place) {
    const table = document.createElement("table"), cells = [];
    table.className = "mask-table";
    table.innerHTML = `<caption>Row: who reads. Column: what is read.</caption><tr><th></th>${WORDS.map((word) => `<th scope="col">${word}</th>`).join("")}</tr>`;
    for (const word of WORDS) {
      const row = table.insertRow();
      row.innerHTML = `<th scope="row">${word}</th>`;
      cells.push(WORDS.map(() => row.insertCell()));
    }
    const controls = document.createElement("div");
    controls.className = "controls";
    controls.innerHTML = `<label><input type="checkbox" name="causal" checked> causal mask</label>
      <label>window <input type="range" name="window" min="1" max="${T}" value="${T}"><output></output></label>`;
    place.replaceChildren(table, controls);
    const [causal, width] = controls.querySelectorAll("input");
    const show = () => {
      controls.querySelector("output").textContent = width.value;
      maskedWeights(scores, causal.checked, Number(width.value)).forEach((row, t) => row.forEach((weight, s) => {
        cells[t][s].textContent = weight ? weight.toFixed(2) : "";
        cells[t][s].style.backgroundColor = `rgba(0, 114, 178, ${0.8 * weight})`;
      }));
    };
    controls.oninput = show;
    show();
    place.dataset.ready = "true";
  }

  globalThis.document?.querySelectorAll(".mask-demo").forEach(build);
})();
