// Asks for an insight into the shape that the answer panel shows, whenever this part is open.
const again = find(".again");

let answered = { version: 0, index: 0, count: 0 }; // what the answer panel of this tab shows
let asked = null; // the question that is on its way ...
let askedAt = 0; // ... and since when
let shown = null; // the question that the page's insight answers
let timer = 0;

const networkRow = (cells) => row(cells, cells[0]);

function voteTable(votes) {
  const table = document.createElement("table");
  table.className = "networks";
  table.createTBody().append(...votes.map(networkRow));
  return table;
}

// A frame with the votes on it beside the picture.
function createVotedFrame({ votes, ...frame }) {
  const made = figure(frame);
  made.append(voteTable(votes));
  return made;
}

function show({ title, steps, centring, predictions, why, features }) {
  find(".insight").hidden = !steps;
  if (!steps) return;
  find(".title").textContent = title;
  find(".steps").replaceChildren(...steps.map(figure));
  find(".centring-words").textContent = centring.words;
  find(".pair").replaceChildren(...centring.pair.map(createVotedFrame));
  find(".predictions-words").textContent = predictions.words;
  find(".predictions tbody").replaceChildren(...predictions.rows.map(networkRow));
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

listen("answer-shown", (answer) => {
  if (answer.earlier) return;
  const anew = answer.version !== answered.version;
  answered = answer;
  follow(anew ? props.rest_ms : 0); // a pen that moves is not asked about at every turn
});

watch("value", () => {
  if (props.value?.sentence === undefined) return;
  const { question: about, sentence } = props.value;
  asked = null;
  shown = about;
  show(props.value);
  say(sentence, Boolean(sentence));
  follow(props.rest_ms);
});
