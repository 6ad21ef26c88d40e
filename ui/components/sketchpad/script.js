// Runs once, when Gradio has put the template into the page; `element` and `props` come from gr.HTML, `find` from
// base.js, `handwritten` from handwriting.js.
const canvas = find("canvas");
const paper = canvas.getContext("2d", { willReadFrequently: true });
const brush = find("input");
const sheet = find(".sheet");
const nib = find(".nib");
const note = find(".note");

const ARROWS = { arrowleft: [-1, 0], arrowright: [1, 0], arrowup: [0, -1], arrowdown: [0, 1] };
const KEY_STEP = 10; // pixels of the paper that an arrow key moves the pen, a tenth with Shift
const KEYBOARD = "keyboard"; // stands where otherwise a pointer's id does
const PEN_RUBBER = 5; // the button number of the eraser at a stylus' end
const DOT_LENGTH = 0.01; // pixels: browsers leave out a line that has no length at all, round ends and all
const PEN_LIFT = 80; // pixels that a pen could have drawn while it goes from one stroke to the next
const WRITING_SPEED = 0.8; // pixels of the paper a millisecond: a digit takes about a second
const DEMO_AFTER_MS = 2000; // whoever came to draw has begun by then
const ANSWER_WITHIN_MS = 4000; // when an answer takes longer, the page looks whether the server is there at all
const LOOK_EVERY_MS = 1500;
const GATEWAY_ERRORS = [0, 502, 503, 504]; // statuses of a request that did not reach the app: 0 is no answer at all
const AWAITING_ANSWER = "drawing-awaiting-answer"; // in the tab's session storage, over one reload
const LOST = "The server does not answer. Your drawing waits for it here.";
const DEMO = "An example. Start to draw, and it goes away.";
const calm = matchMedia("(prefers-reduced-motion: reduce)");

// What has been drawn. A stroke is { width, erases, points: [[x, y], ...] } in pixels of the paper; what the page wrote as
// an example is marked byPage. Every change makes a new list of strokes: Undo and Redo walk through the lists, whatever
// made them.
const drawing = { strokes: [], past: [], future: [] };
let backThen = null; // an earlier step of the drawing that is shown for a while
let demo = null; // strokes that the page shows on its own before anybody has drawn: no part of the drawing

let pen = null; // who is drawing: a pointer's id or KEYBOARD; a second finger is ignored
let erasing = false;
let nibAt = [canvas.width / 2, canvas.height / 2]; // where the keyboard's pen is
const heldArrows = new Set(); // two arrows held together go diagonally
let written = Infinity; // pixels: so much of the ink is visible while an example is being written
let writing = 0; // the animation frame that shows more of it
let sequence = 0; // counts what was sent
let answered = 0; // the latest drawing that has an answer
let timer = 0;
let lastSent = 0;
let answerTimer = 0;
let lost = false; // the server cannot be reached

function change(strokes) {
  drawing.past.push(drawing.strokes);
  drawing.strokes = strokes;
  drawing.future = [];
}

function step(from, to) {
  if (!from.length) return;
  to.push(drawing.strokes);
  drawing.strokes = from.pop();
}

const visibleStrokes = () => demo ?? drawing.strokes;
const isByPage = () => Boolean(visibleStrokes().length) && visibleStrokes().every(({ byPage }) => byPage);

// How far the pen went to reach a point of a stroke.
function wayTo(points, index) {
  if (!index) return 0;
  return Math.hypot(points[index][0] - points[index - 1][0], points[index][1] - points[index - 1][1]);
}

// Draws as much of the stroke as `room` pixels hold, and returns what is left of them.
function drawStroke({ width, erases, points }, room) {
  paper.lineWidth = width;
  paper.strokeStyle = erases ? "#fff" : "#000"; // white and not transparent: the paper is sent as it is seen
  paper.beginPath();
  paper.moveTo(...points[0]);
  points.every(([x, y], index) => {
    room -= wayTo(points, index);
    if (room >= 0) paper.lineTo(index ? x : x + DOT_LENGTH, y);
    return room >= 0;
  });
  paper.stroke();
  return room;
}

// Draws the present, as much of it as is written by now, or what stood on the paper at an earlier step.
function drawAll(strokes = visibleStrokes(), room = written) {
  paper.fillStyle = "#fff";
  paper.fillRect(0, 0, canvas.width, canvas.height);
  paper.lineCap = paper.lineJoin = "round";
  strokes.reduce((left, stroke) => (left >= 0 ? drawStroke(stroke, left) - PEN_LIFT : left), room);
}

function isBlank() {
  if (!visibleStrokes().some(({ erases }) => erases)) return !visibleStrokes().length;
  return paper.getImageData(0, 0, canvas.width, canvas.height).data.every((value) => value === 255);
}

function onPaper(event) {
  const seen = canvas.getBoundingClientRect();
  return [
    ((event.clientX - seen.left) * canvas.width) / seen.width,
    ((event.clientY - seen.top) * canvas.height) / seen.height,
  ];
}

// Answer panels drop whatever was asked before the paper became blank, and say so without waiting for the server.
function announceBlank() {
  document.dispatchEvent(new CustomEvent("paper-blank", { detail: sequence }));
}

// What stands on the paper at this moment, for whoever brings it back later or asks about it: strokes grow, the sheet
// may widen, and of an example only that counts which is written by now.
function asItStands() {
  let room = written;
  const strokes = [];
  visibleStrokes().forEach((stroke) => {
    if (room < 0) return;
    const { width, erases, points } = stroke;
    const beyond = points.findIndex((_, index) => (room -= wayTo(points, index)) < 0);
    const count = beyond < 0 ? points.length : beyond;
    room -= PEN_LIFT;
    strokes.push({ width, erases, get points() { return stroke.points.slice(0, count); } });
  });
  return { sequence, strokes, byPage: isByPage(), get size() { return [canvas.width, canvas.height]; } };
}

function send() {
  if (backThen) drawAll();
  backThen = null;
  clearTimeout(timer);
  timer = 0;
  lastSent = performance.now();
  sequence += 1;
  canvas.dataset.sequence = sequence;
  const blank = isBlank();
  sheet.classList.toggle("blank", blank);
  if (blank) announceBlank();
  else document.dispatchEvent(new CustomEvent("paper-sent", { detail: asItStands() }));
  if (lost) return; // it is sent when the connection is back
  clearTimeout(answerTimer);
  answerTimer = setTimeout(look, ANSWER_WITHIN_MS);
  props.value = { sequence, picture: blank ? "" : canvas.toDataURL("image/png"), by_page: isByPage() };
}

// While the pen moves a few drawings may be on their way at once: over a slow line answers still come steadily, and a
// slow server is not buried. What ends a stroke is sent whatever is on its way.
function sendSoon() {
  clearTimeout(timer);
  const wait = sequence - answered < props.most_unanswered ? props.live_every_ms : ANSWER_WITHIN_MS;
  timer = setTimeout(send, Math.max(0, wait - (performance.now() - lastSent)));
}

document.addEventListener("drawing-answered", ({ detail }) => {
  answered = Math.max(answered, detail.sequence);
  if (answered === sequence) clearTimeout(answerTimer);
  if (timer) sendSoon(); // what waited for an answer may go now
});

function setDown(who, point, erases) {
  stopWriting();
  pen = who;
  if (erases && !drawing.strokes.length) return; // there is nothing to erase, and nothing to undo afterwards
  change([...drawing.strokes, { width: Number(brush.value), erases, points: [point] }]);
  drawAll();
  sendSoon();
}

function drag(points) {
  if (!drawing.strokes.length) return;
  drawing.strokes.at(-1).points.push(...points);
  drawAll();
  sendSoon();
}

function lift() {
  if (pen === null) return;
  pen = null;
  showNib(false);
  send();
}

// Whoever works with the keyboard sees where the focus is and what the keys do; a hand on the paper needs neither.
function byKeyboard(yes) {
  sheet.classList.toggle("by-keyboard", yes);
}

// The nib shows where the keyboard's pen is, and what the eraser would take away.
function showNib(visible, point = nibAt) {
  nib.hidden = !visible;
  nib.classList.toggle("down", pen !== null);
  nib.style.width = `${(100 * brush.value) / canvas.width}%`;
  nib.style.left = `${(100 * point[0]) / canvas.width}%`;
  nib.style.top = `${(100 * point[1]) / canvas.height}%`;
}

function pointerDown(event) {
  const rubber = event.button === PEN_RUBBER;
  if (pen === KEYBOARD) lift();
  if ((event.button && !rubber) || pen !== null) return;
  event.preventDefault();
  canvas.focus({ preventScroll: true }); // so that the keys work after the mouse
  byKeyboard(false);
  setDown(event.pointerId, onPaper(event), erasing || rubber);
  canvas.setPointerCapture(event.pointerId); // a stroke goes on where the pen leaves the paper
}

function pointerMove(event) {
  showNib(erasing && event.pointerType !== "touch", onPaper(event));
  if (event.pointerId !== pen) return;
  const moves = event.getCoalescedEvents?.() ?? [];
  drag((moves.length ? moves : [event]).map(onPaper));
}

function pointerUp(event) {
  if (event.pointerId === pen) lift();
}

function moveNib(fine) {
  const length = fine ? KEY_STEP / 10 : KEY_STEP;
  heldArrows.forEach((arrow) => {
    nibAt = nibAt.map((place, axis) => place + length * ARROWS[arrow][axis]);
  });
  const [width, height] = [canvas.width, canvas.height];
  nibAt = [Math.min(Math.max(nibAt[0], 0), width), Math.min(Math.max(nibAt[1], 0), height)];
  if (pen === KEYBOARD) drag([nibAt]);
  showNib(true);
}

function toolOf(key, { ctrlKey, metaKey, altKey, shiftKey }) {
  if (altKey) return undefined;
  if (ctrlKey || metaKey) return { z: shiftKey ? "redo" : "undo", y: "redo" }[key];
  return { e: "eraser", delete: "clear", escape: "clear" }[key];
}

function keyDown(event) {
  const key = event.key.toLowerCase(); // with Shift a letter comes as a capital
  const tool = toolOf(key, event);
  if (tool) {
    use(tool);
  } else if (event.target !== canvas || event.ctrlKey || event.metaKey || event.altKey) {
    return;
  } else if (key in ARROWS) {
    byKeyboard(true);
    heldArrows.add(key);
    moveNib(event.shiftKey);
  } else if (key === " ") {
    if (pen === KEYBOARD) lift();
    else if (pen === null && !event.repeat) setDown(KEYBOARD, nibAt, erasing);
    showNib(true);
  } else {
    return;
  }
  event.preventDefault();
}

// Shows the ink as if somebody were writing it. The drawing is complete from the first moment, only its ink is not.
function write() {
  stopWriting();
  if (calm.matches) return showAndSend();
  const began = performance.now();
  const end = visibleStrokes().reduce(
    (sum, { points }) => points.reduce((way, _, index) => way + wayTo(points, index), sum + PEN_LIFT),
    0,
  );
  const more = (now) => {
    written = WRITING_SPEED * Math.max(0, now - began);
    if (written > end) {
      stopWriting();
      return showAndSend();
    }
    drawAll();
    sendSoon();
    writing = requestAnimationFrame(more);
  };
  writing = requestAnimationFrame(more);
}

function stopWriting() {
  cancelAnimationFrame(writing);
  writing = 0;
  written = Infinity;
}

function showAndSend() {
  drawAll();
  send();
}

function example() {
  const count = canvas.width === props.wide ? 3 : 1;
  const text = Array.from({ length: count }, () => Math.floor(10 * Math.random())).join("");
  return handwritten(text, canvas.width, canvas.height).map((points) => ({
    width: Number(brush.value),
    erases: false,
    byPage: true,
    points,
  }));
}

// Before anybody has drawn, the page writes a digit and has it read, so that a visitor sees what this is. Whatever a
// visitor does anywhere ends the writing; a digit that stands complete waits until the paper itself is wanted.
let demoTimer = 0;

function startDemo() {
  if (calm.matches || document.hidden || canvas.offsetParent === null || drawing.past.length) return;
  demo = example();
  say(DEMO);
  write();
}

function endDemo({ target }) {
  clearTimeout(demoTimer);
  if (!demo || (!writing && !element.contains(target))) return;
  demo = null;
  if (!lost) say("");
  stopWriting();
  showAndSend();
}

function say(sentence) {
  note.textContent = sentence;
}

// The connection. Gradio loads the page again after a request that failed, as soon as the server is back: the drawing
// is laid by for that moment, and sent once more.
function loseConnection() {
  if (lost) return;
  lost = true;
  say(LOST);
  setTimeout(look, LOOK_EVERY_MS);
}

async function look() {
  try {
    const { root, api_prefix: prefix } = window.gradio_config;
    const response = await fetch(`${root}${prefix}/app_id`, { cache: "no-store" });
    if (!response.ok) throw new Error(response.status);
  } catch {
    if (lost) setTimeout(look, LOOK_EVERY_MS);
    else loseConnection();
    return;
  }
  const again = lost || answered < sequence;
  lost = false;
  if (note.textContent === LOST) say("");
  if (!again) return;
  send();
  clearTimeout(answerTimer); // once more is enough: what fails again fails for another reason
}

function layBy() {
  if (!drawing.strokes.length || !(lost || answered < sequence)) return;
  try {
    sessionStorage.setItem(AWAITING_ANSWER, JSON.stringify({ width: canvas.width, strokes: drawing.strokes }));
  } catch {
    // a browser that keeps nothing for a page in a frame
  }
}

function takeUp() {
  let kept = null;
  try {
    kept = JSON.parse(sessionStorage.getItem(AWAITING_ANSWER));
    sessionStorage.removeItem(AWAITING_ANSWER);
  } catch {
    // as above
  }
  if (!kept || performance.getEntriesByType("navigation")[0]?.type !== "reload") return;
  if (kept.width !== canvas.width) widen();
  kept.strokes.forEach((stroke) => change([...drawing.strokes, stroke]));
}

function press(tool, pressed) {
  find(`[data-tool="${tool}"]`).setAttribute("aria-pressed", pressed);
}

function widen() {
  const width = canvas.width === props.side ? props.wide : props.side;
  const shift = (width - canvas.width) / 2; // what is in the middle stays in the middle
  new Set([...drawing.past, drawing.strokes, ...drawing.future].flat()).forEach((stroke) => {
    stroke.points = stroke.points.map(([x, y]) => [x + shift, y]);
  });
  nibAt = [nibAt[0] + shift, nibAt[1]];
  canvas.width = width;
  element.dataset.paper = width === props.wide ? "wide" : "square";
  press("widen", width === props.wide);
}

const tools = {
  undo: () => step(drawing.past, drawing.future),
  redo: () => step(drawing.future, drawing.past),
  clear: () => drawing.strokes.length && change([]),
  widen,
  example: () => change(example()),
};

function use(tool) {
  if (tool === "eraser") {
    erasing = !erasing;
    press("eraser", erasing);
    element.dataset.holds = erasing ? "eraser" : "brush";
    return;
  }
  pen = null;
  stopWriting();
  tools[tool]();
  if (tool === "example") write();
  else showAndSend();
}

canvas.addEventListener("pointerdown", pointerDown);
canvas.addEventListener("pointermove", pointerMove);
canvas.addEventListener("pointerup", pointerUp);
canvas.addEventListener("pointercancel", pointerUp);
canvas.addEventListener("pointerleave", () => pen === null && showNib(false));
canvas.addEventListener("contextmenu", (event) => event.preventDefault()); // a long touch is a dot, not a menu
canvas.addEventListener("focus", () => byKeyboard(true)); // a pointer takes it back at once
canvas.addEventListener("blur", () => {
  byKeyboard(false);
  heldArrows.clear();
  if (pen === KEYBOARD) lift();
  showNib(false);
});
element.addEventListener("keydown", keyDown);
element.addEventListener("keyup", (event) => heldArrows.delete(event.key.toLowerCase()));
element.addEventListener("click", (event) => {
  const tool = event.target.dataset?.tool;
  if (tool) use(tool);
});

// Others show an earlier step here, and lay a mark over the ink.
document.addEventListener("belief-step", ({ detail }) => {
  backThen = detail && detail.drawing;
  if (backThen) drawAll(backThen.strokes, Infinity);
  else drawAll();
});
document.addEventListener("mind-mark", ({ detail: picture }) => {
  find(".mark").hidden = !picture;
  if (picture) find(".mark").src = picture;
});

// A click alone is what some screen readers send.
["pointerdown", "keydown", "click"].forEach((deed) => document.addEventListener(deed, endDemo, { capture: true }));

window.addEventListener("offline", loseConnection);
window.addEventListener("online", () => lost && look());
window.addEventListener("pagehide", layBy);
new PerformanceObserver((requests) => {
  const failed = ({ name, responseStatus }) =>
    name.includes("/gradio_api/run/") && GATEWAY_ERRORS.includes(responseStatus);
  if (requests.getEntries().some(failed)) loseConnection();
}).observe({ type: "resource" });

takeUp();
announceBlank();
drawAll();
if (drawing.strokes.length) {
  // It is read as its visitor chose, and that comes back to the page's controls a moment later.
  if (document.documentElement.dataset.vote) send();
  else document.addEventListener("vote-chosen", send, { once: true });
} else {
  demoTimer = setTimeout(startDemo, DEMO_AFTER_MS);
}
