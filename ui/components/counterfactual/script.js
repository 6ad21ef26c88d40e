// A question about the drawing that is shown, and its finding.
const PRECISION = 10; // tenths of a pixel are as fine as the paper is drawn from strokes
const ASKING = "Leaving out part after part …";
const LOST = "This could not be answered.";
const CLOSEST = 1.5; // pixels: of points that lie closer, one tells where the stroke goes

let drawing = null; // what the paper shows: the present drawing or an earlier step of it; null while it is blank
let asked = 0; // counts the questions; an answer to another one comes too late

function show({ sentence = "", picture = "", mark = "", alt = "", explained = false } = {}) {
  find(".hint").hidden = Boolean(sentence) || !drawing;
  find(".found").hidden = !sentence;
  find(".sentence").textContent = sentence;
  find(".source").hidden = !explained;
  find(".marked").hidden = !picture;
  if (picture) find(".marked").src = picture;
  find(".marked").alt = alt;
  send("mark-changed", { picture: mark });
}

function simplify(points) {
  const kept = [points[0]];
  points.forEach((point, at) => {
    const far = Math.hypot(point[0] - kept.at(-1)[0], point[1] - kept.at(-1)[1]) >= CLOSEST;
    if (far || (at && at === points.length - 1)) kept.push(point);
  });
  return kept.map((point) => point.map((number) => Math.round(number * PRECISION) / PRECISION));
}

function ask({ digit, index }) {
  if (!drawing) return;
  asked += 1;
  show({ sentence: ASKING });
  const strokes = drawing.strokes.map(({ width, erases, points }) => ({ width, erases, points: simplify(points) }));
  props.value = { question: asked, target: digit, index, size: drawing.size, strokes };
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
listen("question-failed", () => find(".sentence").textContent === ASKING && show({ sentence: LOST }));
listen("drawing-changed", (changed) => {
  drawing = changed.blank ? null : changed;
  forget();
});
listen("step-shown", (step) => {
  drawing = step.drawing;
  forget();
});
listen("answer-shown", ({ count }) => {
  forget(); // another answer, or another shape of it
  find(".hint").textContent =
    `Choose a bar to see what would make ${count > 1 ? "the chosen shape" : "it"} that digit.`;
});
listen("digit-chosen", (chosen) => (chosen.digit === null ? forget() : ask(chosen)));

show();
