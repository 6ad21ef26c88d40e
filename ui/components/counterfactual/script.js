// Runs once, when Gradio has put the template into the page; `element`, `props`, `trigger` and `watch` come from
// gr.HTML, `find` from base.js.
const PRECISION = 10; // tenths of a pixel are as fine as the paper is drawn from strokes
const ASKING = "Leaving out part after part …";
const LOST = "This could not be answered.";
const CLOSEST = 1.5; // pixels: of points that lie closer, one tells where the stroke goes

let live = null; // the drawing that was sent last, as the paper tells of it
let paper = null; // what the paper shows: the live drawing or an earlier step of it
let asked = 0; // counts the questions; an answer to another one comes too late

function mark(picture) {
  document.dispatchEvent(new CustomEvent("mind-mark", { detail: picture }));
}

function show({ sentence = "", picture = "", mark: marked = "", alt = "", explained = false } = {}) {
  find(".hint").hidden = Boolean(sentence) || !paper;
  find(".found").hidden = !sentence;
  find(".sentence").textContent = sentence;
  find(".source").hidden = !explained;
  find(".marked").hidden = !picture;
  if (picture) find(".marked").src = picture;
  find(".marked").alt = alt;
  mark(marked);
}

function thinned(points) {
  const kept = [points[0]];
  points.forEach((point, at) => {
    const far = Math.hypot(point[0] - kept.at(-1)[0], point[1] - kept.at(-1)[1]) >= CLOSEST;
    if (far || (at && at === points.length - 1)) kept.push(point);
  });
  return kept.map((point) => point.map((number) => Math.round(number * PRECISION) / PRECISION));
}

function ask({ digit, index }) {
  if (!paper) return;
  asked += 1;
  show({ sentence: ASKING });
  const strokes = paper.strokes.map(({ width, erases, points }) => ({
    width,
    erases: Boolean(erases),
    points: thinned(points),
  }));
  props.value = { question: asked, target: digit, index, size: paper.size, strokes };
  trigger("submit");
}

function forget() {
  asked += 1;
  show();
}

watch("value", () => {
  if (props.value?.sentence === undefined || props.value.question !== asked) return;
  show(props.value);
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  element.scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" }); // on a phone the bars fill the screen
});

// Gradio says why in a notice of its own: more strokes than are looked into, or a connection that broke.
document.addEventListener("mind-lost", () => {
  if (find(".sentence").textContent === ASKING) show({ sentence: LOST });
});
document.addEventListener("paper-sent", ({ detail }) => {
  live = paper = detail;
  forget();
});
document.addEventListener("paper-blank", () => {
  live = paper = null;
  forget();
});
document.addEventListener("belief-step", ({ detail }) => {
  paper = detail?.drawing ?? live;
  forget();
});
document.addEventListener("answer-shown", ({ detail }) => {
  if (detail.name !== props.name) return;
  forget(); // another answer, or another shape of it
  find(".hint").textContent = `Choose a bar to see what would make ${detail.count > 1 ? "the chosen shape" : "it"} that digit.`;
});
document.addEventListener("digit-asked", ({ detail }) => {
  if (detail.name !== props.name) return;
  if (detail.digit === null) forget();
  else ask(detail);
});

show();
