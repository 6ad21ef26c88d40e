// The steps of a drawing and their answers; which of them is shown is known here alone.
const strip = find(".strip");
const HEIGHT = 100; // of the strip in its own units
const THINNEST = 0.5; // of these units: thinner bands are not drawn
const NAMED_HEIGHT = 36; // of these units: a band bears its digit's name where it is at least so high ...
const NAMED_WIDTH = 0.05; // ... for at least this share of the strip
const LEAP = 10; // steps that Page Up and Page Down take

let present = null; // the drawing on the paper
let unanswered = []; // drawings that have no answer yet
let steps = []; // { drawing, answer } since the paper was last blank, oldest first
let looking = null; // index of the earlier step that is shown, null while the present is shown

const firstDigit = ({ answer }) => answer.digits[0];

function stepInWords(index) {
  const digit = firstDigit(steps[index]);
  const place = `step ${index + 1} of ${steps.length}`;
  if (!digit) return `${place}: nothing read`;
  const [best, sure] = digit.top[0];
  return digit.verdict === "not_a_digit"
    ? `${place}: no digit, nearest ${best}`
    : `${place}: ${best}, ${inWords(roughPercent(sure))}`;
}

// Where a digit's band begins and ends at each step, [top, bottom]: the ten stand upon one another.
function bandsOf(digit) {
  return steps.map((step) => {
    const probabilities = firstDigit(step)?.probabilities ?? [];
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
  path.setAttribute(
    "d",
    stretches(bands, THINNEST)
      .map((stretch) => outline(bands, stretch))
      .join(""),
  );
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
  const words = stepInWords(index);
  find(".said").textContent =
    looking === null ? `How the answer${first} came about` : words[0].toUpperCase() + words.slice(1);
  strip.setAttribute("aria-valuemax", steps.length);
  strip.setAttribute("aria-valuenow", index + 1);
  strip.setAttribute("aria-valuetext", words);
}

// Paper and answer panel show what they are told here; null brings both back to the present.
function show(index) {
  const next = index === null || index >= steps.length - 1 ? null : Math.max(0, index);
  if (next === looking) return;
  looking = next;
  refresh();
  const { drawing, answer } = steps[looking] ?? { drawing: present, answer: null };
  send("step-shown", { earlier: looking !== null, drawing, answer });
}

function keep(answer) {
  const found = unanswered.find(({ sequence }) => sequence === answer.sequence);
  unanswered = unanswered.filter(({ sequence }) => sequence > answer.sequence);
  const last = steps.at(-1);
  if (last?.drawing.sequence === answer.sequence) {
    show(null); // another vote about the same drawing
    last.answer = answer;
  } else if (found) {
    steps.push({ drawing: found, answer });
    if (steps.length > props.max_steps) {
      show(null);
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
  present = null;
  unanswered = [];
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
  show(Math.max(0, stepAt(event)));
});
strip.addEventListener("pointermove", (event) => {
  if (strip.hasPointerCapture(event.pointerId)) show(Math.max(0, stepAt(event)));
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
  show(to === null ? null : Math.max(0, to));
});
function backToNow() {
  show(null);
  strip.focus(); // the button goes, and whoever pressed it by keyboard stays here
}
find(".now").addEventListener("click", backToNow);
find(".now").addEventListener("pointerup", backToNow); // a tap right after a swipe may bring no click

listen("drawing-changed", (drawing) => {
  if (drawing.blank) return forget();
  present = drawing; // what is shown next on the paper
  show(null);
  unanswered = [...unanswered.slice(1 - props.max_steps), drawing];
  element.dataset.paper = drawing.size[0] > drawing.size[1] ? "wide" : "square";
});
listen("answer-received", ({ answer }) => answer.put_off || keep(answer)); // what was put off is sent once more

forget();
