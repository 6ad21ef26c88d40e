// What the scripts of every component of our own begin with; `element` comes from gr.HTML, SENDS and LISTENS from
// events.py.
const find = (selector) => element.querySelector(selector);
const root = element.closest("[role=tabpanel]") ?? element.closest(".gradio-container");

// Tells the other components of the tab; events.py has every event and its payload.
function send(name, payload = {}) {
  const fields = Object.keys(payload).sort().join();
  if (SENDS[name]?.join() !== fields) throw new Error(`events.py knows no ${name} of this component with ${fields}`);
  root.sentLast = { ...root.sentLast, [name]: payload };
  element.dispatchEvent(new CustomEvent(name, { detail: payload, bubbles: true }));
}

// Who begins to listen later, as what unfolds does, hears at once what was sent last.
function listen(name, react, manner = {}) {
  if (!(name in LISTENS)) throw new Error(`events.py knows of no ${name} for this component`);
  const place = LISTENS[name] ? document : root; // what the page itself sends concerns all tabs
  place.addEventListener(name, ({ detail }) => react(detail), manner);
  const missed = root.sentLast?.[name];
  if (missed) queueMicrotask(() => react(missed)); // when the listener's script has run to its end
}

// A table row of texts: names and sentences reach the page as text, never as HTML.
function row(cells, className = "") {
  const tr = document.createElement("tr");
  tr.className = className;
  for (const text of cells) tr.insertCell().textContent = text;
  return tr;
}

// A picture with its caption below.
function figure({ source, caption }) {
  const made = document.createElement("figure");
  const picture = document.createElement("img");
  const words = document.createElement("figcaption");
  picture.src = source;
  picture.alt = caption;
  words.textContent = caption;
  made.append(picture, words);
  return made;
}

// Returns the sentence with which the server refused an upload, "" where it said none: Gradio tells of the answer's text.
function refusalIn(message) {
  const [, answer] = /^HTTP \d+: (\{.*\})$/s.exec(message) ?? [];
  try {
    const { error } = JSON.parse(answer);
    return typeof error === "string" ? error : "";
  } catch {
    return "";
  }
}
