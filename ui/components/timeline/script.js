// Runs once, when Gradio has put the template into the page; `element` and `props` come from gr.HTML, `find` from
// base.js.
const strip = find(".strip");
const HEIGHT = 100; // of the strip in its own units
const THINNEST = 0.5; // of these units: thinner bands are not drawn
const NAMED_HEIGHT = 36; // of these units: a band bears its digit's name where it is at least so high ...
const NAMED_WIDTH = 0.05; // ... for at least this share of the strip
const LEAP = 10; // steps that Page Up and Page Down take

let sent = []; // drawings that have no answer yet, as the paper tells of them
let steps = []; // { drawing, answer } since the paper was last blank, oldest first
let looking = null; // index of the step that is brought back, null while the present is shown

const believed = ({ answer }) => answer.digits[0];

// Whole per cents, but 100 of them never: nothing is certain.
function roundly(probability) {
  if (probability > NEARLY_CERTAIN) return "more than 99.9%";
  return `${(100 * probability).toFixed(probability < 0.99 ? 0 : 1)}%`;
}

function inWords(index) {
  const digit = believed(steps[index]);
  const place = `step ${index + 1} of ${steps.length}`;
  if (!digit) return `${place}: nothing read`;
  const [best, sure] = digit.top[0];
  return digit.verdict === "not_a_digit" ? `${place}: no digit, nearest ${best}` : `${place}: ${best}, ${roundly(sure)}`;
}

// Where a digit's band begins and ends at each step, [top, bottom]: the ten stand upon one another.
function bandsOf(digit) {
  return steps.map((step) => {
    const probabilities = believed(step)?.probabilities ?? [];
    const above = probabilities.slice(0, digit).reduce((sum, probability) => sum + probability, 0);
    return [HEIGHT * above, HEIGHT * (above + (probabilities[digit] ?? 0))];
  });
}

// Stretches [first, last] of neighbouring steps where a band is at least so high.
function stretches(bands, least) {
  const found = [];
  bands.forEach(([top, bottom], at) => {
    if (bottom - top < least) return;
    if (found.at(-1)?.[1] === at - 1) found.at(-1)[1] = at;
    else found.push([at, at]);
  });
  return found;
}

function outline(bands, [first, last]) {
  const within = bands.slice(first, last + 1);
  const there = within.map(([top], i) => `V${top.toFixed(1)}H${first + i + 1}`);
  const back = within.map(([, bottom], i) => `V${bottom.toFixed(1)}H${first + i}`).reverse();
  return `M${first},${within[0][0].toFixed(1)}${there.join("")}${back.join("")}Z`;
}

function band(bands, digit) {
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", stretches(bands, THINNEST).map((stretch) => outline(bands, stretch)).join(""));
  path.setAttribute("fill", props.colours[digit]);
  return path;
}

function names(bands, digit) {
  return stretches(bands, NAMED_HEIGHT)
    .filter(([first, last]) => last - first + 1 >= NAMED_WIDTH * steps.length)
    .map(([first, last]) => {
      const name = document.createElement("span");
      const [top, bottom] = bands[Math.floor((first + last) / 2)];
      name.textContent = digit;
      name.style.left = `${(50 * (first + last + 1)) / steps.length}%`;
      name.style.top = `${(50 * (top + bottom)) / HEIGHT}%`;
      return name;
    });
}

function drawBands() {
  const bands = props.colours.map((_, digit) => bandsOf(digit));
  const svg = find("svg");
  svg.setAttribute("viewBox", `0 0 ${Math.max(1, steps.length)} ${HEIGHT}`);
  svg.replaceChildren(...bands.map(band));
  find(".names").replaceChildren(...bands.flatMap(names));
}

function refresh() {
  const index = looking ?? steps.length - 1;
  const shown = steps.length > 1;
  element.toggleAttribute("data-looking", looking !== null);
  element.toggleAttribute("data-steps", shown);
  element.dataset.count = steps.length; // what the strip holds, also while it is not shown
  find(".now").hidden = looking === null;
  find(".here").style.left = `${(100 * (index + 0.5)) / Math.max(1, steps.length)}%`;
  if (!shown) return;
  const first = steps[index].answer.digits.length > 1 ? " of the first digit" : "";
  const words = inWords(index);
  find(".said").textContent = looking === null ? `How the answer${first} came about` : words[0].toUpperCase() + words.slice(1);
  strip.setAttribute("aria-valuemax", steps.length);
  strip.setAttribute("aria-valuenow", index + 1);
  strip.setAttribute("aria-valuetext", words);
}

// Paper and answer panel show what they are told here; null brings both back to the present.
function look(index) {
  const next = index === null || index >= steps.length - 1 ? null : Math.max(0, index);
  if (next === looking) return;
  looking = next;
  refresh();
  document.dispatchEvent(new CustomEvent("belief-step", { detail: looking === null ? null : steps[looking] }));
}

function keep(answer) {
  const found = sent.find(({ sequence }) => sequence === answer.sequence);
  sent = sent.filter(({ sequence }) => sequence > answer.sequence);
  const last = steps.at(-1);
  if (last?.drawing.sequence === answer.sequence) {
    look(null); // another vote about the same drawing
    last.answer = answer;
  } else if (found) {
    steps.push({ drawing: found, answer });
    if (steps.length > props.most_steps) {
      look(null);
      steps = steps.filter((_, at) => at % 2 === 0 || at === steps.length - 1);
    }
  } else {
    return;
  }
  drawBands();
  refresh();
}

function forget() {
  looking = null;
  sent = [];
  steps = [];
  drawBands();
  refresh();
}

function stepAt({ clientX }) {
  const seen = strip.getBoundingClientRect();
  return Math.floor((steps.length * (clientX - seen.left)) / seen.width);
}

strip.addEventListener("pointerdown", (event) => {
  if (event.button) return;
  strip.setPointerCapture(event.pointerId);
  look(Math.max(0, stepAt(event)));
});
strip.addEventListener("pointermove", (event) => {
  if (strip.hasPointerCapture(event.pointerId)) look(Math.max(0, stepAt(event)));
});
strip.addEventListener("keydown", (event) => {
  const at = looking ?? steps.length - 1;
  const to = {
    ArrowLeft: at - 1,
    ArrowDown: at - 1,
    ArrowRight: at + 1,
    ArrowUp: at + 1,
    PageDown: at - LEAP,
    PageUp: at + LEAP,
    Home: 0,
    End: null,
    Escape: null,
  }[event.key];
  if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  look(to === null ? null : Math.max(0, to));
});
function backToNow() {
  look(null);
  strip.focus(); // the button goes, and whoever pressed it by keyboard stays here
}
find(".now").addEventListener("click", backToNow);
find(".now").addEventListener("pointerup", backToNow); // a tap right after a swipe may bring no click

document.addEventListener("paper-sent", ({ detail }) => {
  look(null);
  sent = [...sent.slice(1 - props.most_steps), detail];
  element.dataset.paper = detail.size[0] > detail.size[1] ? "wide" : "square";
});
document.addEventListener("paper-blank", forget);
document.addEventListener("drawing-answered", ({ detail }) => keep(detail));

forget();
