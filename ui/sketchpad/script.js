// Runs once, when Gradio has put the template into the page; `element` and `props` come from gr.HTML.
const find = (selector) => element.querySelector(selector);
const canvas = find("canvas");
const paper = canvas.getContext("2d", { willReadFrequently: true });
const brush = find("input");
const sheet = find(".sheet");
const nib = find(".nib");

const ARROWS = { arrowleft: [-1, 0], arrowright: [1, 0], arrowup: [0, -1], arrowdown: [0, 1] };
const KEY_STEP = 10; // pixels of the paper that an arrow key moves the pen, a tenth with Shift
const KEYBOARD = "keyboard"; // stands where otherwise a pointer's id does
const PEN_RUBBER = 5; // the button number of the eraser at a stylus' end

// What has been drawn. A stroke is { width, erases, points: [[x, y], ...] } in pixels of the paper. Every change makes
// a new list of strokes: Undo and Redo walk through the lists, whatever made them.
const drawing = { strokes: [], past: [], future: [] };

let pen = null; // who is drawing: a pointer's id or KEYBOARD; a second finger is ignored
let erasing = false;
let nibAt = [canvas.width / 2, canvas.height / 2]; // where the keyboard's pen is
const heldArrows = new Set(); // two arrows held together go diagonally
let sequence = 0;
let timer = 0;
let lastSent = 0;

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

function drawStroke({ width, erases, points }) {
  paper.lineWidth = width;
  paper.strokeStyle = erases ? "#fff" : "#000"; // white and not transparent: the paper is sent as it is seen
  paper.beginPath();
  paper.moveTo(...points[0]);
  points.forEach((point) => paper.lineTo(...point));
  paper.stroke(); // round caps make a dot of a stroke that has one point
}

function drawAll() {
  paper.fillStyle = "#fff";
  paper.fillRect(0, 0, canvas.width, canvas.height);
  paper.lineCap = paper.lineJoin = "round";
  drawing.strokes.forEach(drawStroke);
}

function isBlank() {
  if (!drawing.strokes.some(({ erases }) => erases)) return !drawing.strokes.length;
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

function send() {
  clearTimeout(timer);
  timer = 0;
  lastSent = performance.now();
  sequence += 1;
  canvas.dataset.sequence = sequence;
  const blank = isBlank();
  if (blank) announceBlank();
  props.value = { sequence, picture: blank ? "" : canvas.toDataURL("image/png") };
}

function sendSoon() {
  timer ||= setTimeout(send, Math.max(0, props.live_every_ms - (performance.now() - lastSent)));
}

function setDown(who, point, erases) {
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
  canvas.setPointerCapture(event.pointerId);
  setDown(event.pointerId, onPaper(event), erasing || rubber);
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
};

function use(tool) {
  if (tool === "eraser") {
    erasing = !erasing;
    press("eraser", erasing);
    element.dataset.holds = erasing ? "eraser" : "brush";
    return;
  }
  pen = null;
  tools[tool]();
  drawAll();
  send();
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

drawAll();
announceBlank();
