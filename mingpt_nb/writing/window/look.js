// What every window into a model shows: text coloured by surprise, bars, sliders.
"use strict";
const look = {
  element(tag, attributes = {}, ...children) {
    const made = Object.assign(document.createElement(tag), attributes);
    for (const [name, value] of Object.entries(attributes))
      if (name.includes("-") || name === "role") made.setAttribute(name, value);
    made.append(...children);
    return made;
  },

  shown: (text) => text.replaceAll("\n", "⏎").replaceAll(" ", "␣"),
  percent: (p) => (p < 0.001 ? "<0.1" : (100 * p).toFixed(1)) + " %",

  // A labelled slider that keeps its value in controls[name].
  slider(controls, name, label, settings, show, changed) {
    const output = look.element("output", { textContent: show(controls[name]) });
    const input = look.element("input", { type: "range", ...settings, value: controls[name], name });
    input.oninput = () => {
      controls[name] = Number(input.value);
      output.textContent = show(controls[name]);
      changed();
    };
    return look.element("label", {}, label + " ", input, output);
  },

  // Sliders for how a token is drawn.
  sampling: (controls, most, changed) => [
    look.slider(controls, "temperature", "temperature", { min: 0, max: 2, step: 0.05 }, (t) => t.toFixed(2), changed),
    look.slider(controls, "topK", "top-k", { min: 0, max: most, step: 1 }, (k) => (k === 0 ? "all" : String(k)), changed),
    look.slider(controls, "topP", "top-p", { min: 0.05, max: 1, step: 0.05 }, (p) => p.toFixed(2), changed)],

  // A choice among n, counted from 0.
  chooser(name, n, changed) {
    const numbers = Array.from({ length: n }, (_, i) => look.element("option", { value: i, textContent: i }));
    const select = look.element("select", { name, onchange: changed }, ...numbers);
    return [look.element("label", {}, name + " ", select), select];
  },

  // A piece of text: orange by its surprise in nats, blue by attention from 0 to 1.
  piece(text, i, surprise, attention) {
    const span = look.element("span", { textContent: text.replaceAll("\n", "⏎\n") });
    span.dataset.i = i;
    if (surprise !== null) {
      span.title = `p = ${Math.exp(-surprise).toPrecision(2)}`;
      span.style.backgroundColor = `rgba(213, 94, 0, ${0.7 * Math.min(1, surprise / 6)})`;
    }
    if (attention > 0) span.style.boxShadow = `inset 0 -0.35em 0 rgba(0, 114, 178, ${attention})`;
    return span;
  },

  // A row of the list of what comes next: the probability of being drawn, and the model's own.
  bar(label, p, plain) {
    const bar = look.element("span", { className: "bar" });
    bar.style.setProperty("--p", p);
    bar.style.setProperty("--plain", plain);
    return look.element("li", {}, label, bar, look.element("span", { className: "percent", textContent: look.percent(p) }));
  },

  // Choose a piece of a strip by click or arrow keys.
  choosing(strip, choose, chosen) {
    strip.onclick = ({ target }) => choose(Number(target.dataset?.i ?? NaN));
    strip.onkeydown = (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (step) { event.preventDefault(); choose(chosen() + step); }
    };
  },
};
