// How a word is merged, one merge at a time, with the first merges of GPT-2 (live/ranks.js).
"use strict";

// All states of a word, from its characters to its tokens; each step joins the pair that was learned first.
function mergeSteps(word, merges) {
  const rank = new Map(merges.map((pair, i) => [pair, i]));
  const steps = [{ parts: [...word], rank: null }];
  for (;;) {
    const { parts } = steps.at(-1), pairs = parts.slice(1).map((part, i) => rank.get(`${parts[i]} ${part}`) ?? Infinity);
    const best = Math.min(...pairs);
    if (best === Infinity) return steps;
    const joined = [];
    for (let i = 0; i < parts.length; i++) joined.push(pairs[i] === best ? parts[i] + parts[++i] : parts[i]);
    steps.push({ parts: joined, rank: best });
  }
}

(() => {
  function build(place) {
    const controls = document.createElement("div");
    controls.className = "controls";
    controls.innerHTML = `<label>word <input type="text" name="word" value=" interesting" spellcheck="false" size="18"></label>
      <label>merges done <input type="range" name="step" min="0" max="0" value="0"><output></output></label>`;
    const parts = document.createElement("p"), said = document.createElement("p");
    parts.className = "merge-parts";
    said.setAttribute("aria-live", "polite");
    place.replaceChildren(controls, parts, said);
    const [word, step] = controls.querySelectorAll("input");
    const show = (fresh) => {
      const text = word.value.replace(/[^ -~]/g, "").replaceAll(" ", "Ġ");
      const steps = mergeSteps(text, gpt2Merges);
      step.max = steps.length - 1;
      if (fresh) step.value = 0;
      const { parts: now, rank } = steps[step.value];
      controls.querySelector("output").textContent = `${step.value} of ${steps.length - 1}`;
      parts.replaceChildren(...now.map((part) => Object.assign(document.createElement("code"), { textContent: part })));
      said.textContent = rank === null ? `${now.length} characters; Ġ is a space.` : `Merge number ${rank}: ${gpt2Merges[rank].replace(" ", " + ")}.`;
    };
    word.oninput = () => show(true);
    step.oninput = () => show(false);
    show(true);
    place.dataset.ready = "true";
  }

  globalThis.document?.querySelectorAll(".merge-demo").forEach(build);
})();
