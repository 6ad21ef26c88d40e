// Runs once, when Gradio has put the template into the page; `element`, `props`, `trigger` and `watch` come from
// gr.HTML, `find` from base.js.
const again = find(".again");

let answered = { version: 0, index: 0, count: 0 }; // what the answer panel of the same name shows
let asked = null; // the question that is on its way ...
let askedAt = 0; // ... and since when
let shown = null; // the question that the page's insight answers
let timer = 0;

function figure({ source, caption }) {
  const made = document.createElement("figure");
  const picture = document.createElement("img");
  const words = document.createElement("figcaption");
  picture.src = source;
  picture.alt = caption;
  words.textContent = caption; // sentences reach the page as text only: an error may name a file
  made.append(picture, words);
  return made;
}

function row(cells) {
  const tr = document.createElement("tr");
  tr.className = cells[0];
  cells.forEach((text) => (tr.insertCell().textContent = text));
  return tr;
}

function voted(votes) {
  const table = document.createElement("table");
  table.append(document.createElement("tbody"));
  table.tBodies[0].append(...votes.map(row));
  return table;
}

// A frame with the votes on it beside the picture.
function votedFrame({ votes, ...frame }) {
  const made = figure(frame);
  made.append(voted(votes));
  return made;
}

function show({ title, steps, centring, voices, why, features }) {
  find(".insight").hidden = !steps;
  if (!steps) return;
  find(".title").textContent = title;
  find(".steps").replaceChildren(...steps.map(figure));
  find(".centring-words").textContent = centring.words;
  find(".pair").replaceChildren(...centring.pair.map(votedFrame));
  find(".voices-words").textContent = voices.words;
  find(".voices tbody").replaceChildren(...voices.rows.map(row));
  find(".why-words").textContent = why.words;
  find(".why").replaceChildren(...why.figures.map(figure));
  find(".features").replaceChildren(...features.map(figure));
}

function question() {
  const target = find(".targets input:checked").value;
  return { version: answered.version, index: answered.index, target: target === "as read" ? null : Number(target) };
}

function same(one, other) {
  return one && ["version", "index", "target"].every((part) => one[part] === other[part]);
}

function say(sentence, offersAgain = false) {
  find(".sentence").textContent = sentence;
  again.hidden = !offersAgain;
  element.dataset.state = sentence ? "earlier" : "present";
}

function ask() {
  clearTimeout(timer);
  if (!element.clientHeight || !answered.count) return; // folded away, or on another tab
  asked = question();
  askedAt = performance.now();
  props.value = asked;
  trigger("look");
}

// One question at a time: when its answer comes, `follow` looks whether more is wanted. One that is lost is forgotten.
function askSoon(wait) {
  clearTimeout(timer);
  timer = setTimeout(() => (!asked || performance.now() - askedAt > props.lost_ms) && ask(), wait);
}

// What is shown belongs to the present answer, or says that it does not and is made anew.
function follow(wait = 0) {
  if (!answered.count) {
    clearTimeout(timer);
    shown = null;
    show({});
    say(props.nothing);
  } else if (same(shown, question())) {
    if (!find(".insight").hidden) say("");
  } else {
    say(shown ? props.changed : props.looking, Boolean(shown));
    askSoon(wait);
  }
}

again.addEventListener("click", ask);
find(".targets").addEventListener("change", () => follow());
new ResizeObserver(() => element.clientHeight && !same(shown, question()) && follow()).observe(element);

document.addEventListener("answer-shown", ({ detail }) => {
  if (detail.name !== props.name || detail.earlier) return;
  const anew = detail.version !== answered.version;
  answered = detail;
  follow(anew ? props.rest_ms : 0); // a pen that moves is not asked about at every turn
});

watch("value", () => {
  if (props.value?.sentence === undefined) return;
  const { question: told, sentence } = props.value;
  asked = null;
  shown = told;
  show(props.value);
  say(sentence, Boolean(sentence));
  follow(props.rest_ms);
});

document.dispatchEvent(new CustomEvent("answer-wanted", { detail: { name: props.name } }));
