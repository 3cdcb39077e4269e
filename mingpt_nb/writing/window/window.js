// The page of `mingpt-nb serve`: what a model thinks of a text, and a chat. It asks the server that it comes from.
"use strict";
const at = (id) => document.getElementById(id);
const controls = { temperature: 0.8, topK: 0, topP: 1 };
const messages = [];
let model, seen, chosen = null, writing = null, asked = 0, timer, layer, head;

const seed = look.element("input", { type: "number", name: "seed", min: 0, placeholder: "any" });
const say = (text) => (at("said").textContent = text);

// Ask the server; an error of its becomes one of ours.
async function ask(path, body, signal) {
  const key = at("key").querySelector("input").value, headers = { "Content-Type": "application/json" };
  if (key) headers.Authorization = `Bearer ${key}`;
  const answer = await fetch(path, body ? { method: "POST", headers, body: JSON.stringify(body), signal } : { headers });
  if (answer.status === 401) at("key").hidden = false;
  if (!answer.ok) throw new Error((await answer.json()).error.message);
  return answer;
}

// Yield the events of an answer that is written bit by bit.
async function* events(path, body, signal) {
  const reader = (await ask(path, { ...body, stream: true }, signal)).body.getReader(), decoder = new TextDecoder();
  for (let rest = ""; ; ) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (rest + decoder.decode(value, { stream: true })).split("\n\n");
    rest = lines.pop();
    for (const line of lines) {
      if (line === "data: [DONE]") return;
      const event = JSON.parse(line.slice("data: ".length));
      if (event.error) throw new Error(event.error.message);
      yield event.choices[0];
    }
  }
}

const sampling = () => ({ temperature: controls.temperature, top_p: controls.topP, top_k: controls.topK || null, seed: seed.value === "" ? null : Number(seed.value) });

// A token as a reader sees it; bytes that are no whole characters as such.
function spell(bytes) {
  try {
    return [new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(new Uint8Array(bytes)), false];
  } catch {
    return [`⟨${bytes.map((byte) => byte.toString(16).toUpperCase().padStart(2, "0")).join(" ")}⟩`, true];
  }
}
const joined = (ids) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(new Uint8Array(ids.flatMap((id) => seen.spelt[id])));

// Read a text, tokens or a conversation anew; of several that are under way, the last one counts.
async function read(what) {
  const number = ++asked;
  try {
    const found = await (await ask("window/look", { ...what, layer: Number(layer.value), head: Number(head.value), at: chosen })).json();
    if (number !== asked) return;
    seen = found;
    if (document.activeElement !== at("text") || what.ids || what.messages) at("text").value = joined(seen.ids);
    draw();
    if (!writing) say("");
  } catch (error) { say(`Sorry: ${error.message}`); }
}

function draw() {
  const { ids, start, logprobs, attention } = seen, most = Math.max(...attention);
  if (chosen !== null && chosen >= ids.length) chosen = null;
  at("strip").replaceChildren(...ids.map((id, i) => {
    const [text, torn] = spell(seen.spelt[id]), place = i - start;
    const span = look.piece(text, i, place > 0 ? -logprobs[place - 1] : null, (attention[place] ?? 0) / most);
    span.classList.toggle("forgotten", place < 0);
    span.classList.toggle("torn", torn);
    span.classList.toggle("special", seen.special.includes(id));
    span.classList.toggle("chosen", i === chosen);
    return span;
  }));
  const place = (chosen ?? ids.length) - start; // of the token that is asked about
  at("place").textContent = chosen === null ? "What might come next" : "What might have come instead: a click writes on from there";
  at("bars").replaceChildren(...(seen.best[place - 1] ?? []).map(([id, score]) => {
    const text = look.shown(spell(seen.spelt[id])[0]), p = Math.exp(score);
    const button = look.element("button", { type: "button", textContent: text, "aria-label": `${text}, ${look.percent(p)}: write on from here` });
    button.classList.toggle("real", id === ids[chosen]);
    button.onclick = () => write([...ids.slice(0, chosen ?? ids.length), id]);
    return look.bar(button, p, p);
  }));
}

function choose(i) {
  if (Number.isNaN(i) || !seen) return;
  chosen = Math.max(seen.start, Math.min(seen.ids.length - 1, i));
  const score = seen.logprobs[chosen - seen.start - 1], text = look.shown(spell(seen.spelt[seen.ids[chosen]])[0]);
  draw();
  read({ ids: seen.ids }).then(() => say(`${text}: ` + (score === undefined ? "nothing stands before it." : `it had a probability of ${look.percent(Math.exp(score))}; ${(-score).toFixed(2)} nats of surprise.`)));
}

// Run something that can be stopped; the button says so meanwhile.
async function stoppable(button, run) {
  if (writing) return writing.abort();
  const label = button.textContent, mine = (writing = new AbortController());
  button.textContent = "Stop";
  let problem = null;
  try {
    await run(mine.signal);
  } catch (error) { problem = mine.signal.aborted ? null : error; }
  writing = null;
  button.textContent = label;
  say(problem ? `Sorry: ${problem.message}` : "It has stopped writing.");
}

// Write on after some tokens; a full window slides by half.
const write = (ids) => stoppable(at("write"), async (signal) => {
  chosen = null;
  asked += 1; // what is being read is out of date
  const half = Math.max(1, Math.floor(model.context / 2));
  const { spelt, logprobs, start } = seen;
  Object.assign(seen, { ids, attention: [0], best: [], logprobs: logprobs.slice(0, Math.max(0, ids.length - 1 - start)) });
  let left = 300, ended = false;
  while (left > 0 && !ended) {
    const first = Math.max(0, Math.ceil((ids.length + 1 - model.context) / half)) * half;
    const tokens = Math.min(left, model.context - (ids.length - first));
    for await (const { logprobs: said, finish_reason } of events("v1/completions", { prompt: ids.slice(first), max_tokens: tokens, logprobs: 0, ...sampling() }, signal)) {
      said.token_ids.forEach((id, i) => {
        spelt[id] = said.bytes[i];
        seen.logprobs[ids.length - 1 - start] = said.token_logprobs[i];
        ids.push(id);
        left -= 1;
      });
      at("text").value = joined(ids);
      at("text").scrollTop = at("text").scrollHeight;
      draw();
      ended = finish_reason === "stop" || signal.aborted;
    }
  }
}).then(() => { const { textContent } = at("said"); return read({ ids }).then(() => say(textContent)); });

// The chat: what is said, and the answer as it comes.
const turn = ({ role, content }) => look.element("p", { className: role, textContent: content, "aria-label": role });
const send = () => stoppable(at("send"), async (signal) => {
  const content = at("question").value.trim();
  if (!content) return;
  const answer = { role: "assistant", content: "" };
  messages.push({ role: "user", content });
  at("question").value = "";
  at("talk").append(turn(messages.at(-1)), turn(answer));
  try {
    for await (const { delta } of events("v1/chat/completions", { messages, ...sampling() }, signal))
      at("talk").lastChild.textContent = answer.content += delta.content ?? "";
  } finally {
    if (answer.content) messages.push(answer);
    else { messages.pop(); at("talk").lastChild.remove(); }
  }
});

function tab(name) {
  for (const one of ["text", "chat"]) {
    at(`${one}-tab`).hidden = one !== name;
    at(`to-${one}`).setAttribute("aria-selected", one === name);
    at(`to-${one}`).tabIndex = one === name ? 0 : -1;
  }
}

async function begin() {
  try {
    [model] = (await (await ask("v1/models")).json()).data;
  } catch (error) { return say(`Sorry: ${error.message}`); }
  at("key").hidden = true;
  at("name").textContent = model.id;
  at("tabs").hidden = !model.chat;
  const again = () => seen && read({ ids: seen.ids }), [layers, heads] = [look.chooser("layer", model.layers, again), look.chooser("head", model.heads, again)];
  [layer, head] = [layers[1], heads[1]];
  at("settings").replaceChildren(...look.sampling(controls, 100, () => {}), look.element("label", {}, "seed ", seed));
  at("looks").replaceChildren(layers[0], heads[0], "counted from 0");
  read({ text: at("text").value });
}

at("text").oninput = () => { writing?.abort(); chosen = null; clearTimeout(timer); timer = setTimeout(() => read({ text: at("text").value }), 150); };
at("write").onclick = () => seen && write([...seen.ids]);
at("clear").onclick = () => { at("text").value = ""; at("text").oninput(); at("text").focus(); };
at("send").onclick = send;
at("question").onkeydown = (event) => { if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); send(); } };
at("tokens").onclick = () => { if (messages.length) { chosen = null; tab("text"); read({ messages }); } };
at("anew").onclick = () => { writing?.abort(); messages.length = 0; at("talk").replaceChildren(); };
at("key").onchange = begin;
at("tabs").onclick = ({ target }) => target.id.startsWith("to-") && tab(target.id.slice(3));
at("tabs").onkeydown = ({ key }) => { if (key.startsWith("Arrow")) { tab(at("chat-tab").hidden ? "chat" : "text"); at("tabs").querySelector("[tabindex='0']").focus(); } };
look.choosing(at("strip"), choose, () => chosen ?? seen.ids.length);
begin();
