// Runs once, when Gradio has put the template into the page; `element` and `props` come from gr.HTML.
const canvas = element.querySelector("canvas");
const paper = canvas.getContext("2d", { willReadFrequently: true });
const brush = element.querySelector("input");

const strokes = []; // each { width, points: [[x, y], ...] } in pixels of the paper
let pen = null; // id of the pointer that is drawing; a second finger is ignored
let sequence = 0;
let timer = 0;
let lastSent = 0;

function drawStroke({ width, points }) {
  paper.lineWidth = width;
  paper.beginPath();
  paper.moveTo(...points[0]);
  points.forEach((point) => paper.lineTo(...point));
  paper.stroke(); // round caps make a dot of a stroke that has one point
}

function drawAll() {
  paper.fillStyle = "#fff";
  paper.fillRect(0, 0, canvas.width, canvas.height);
  paper.strokeStyle = "#000";
  paper.lineCap = paper.lineJoin = "round";
  strokes.forEach(drawStroke);
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
  if (!strokes.length) announceBlank();
  props.value = { sequence, picture: strokes.length ? canvas.toDataURL("image/png") : "" };
}

function sendSoon() {
  timer ||= setTimeout(send, Math.max(0, props.live_every_ms - (performance.now() - lastSent)));
}

function putDown(event) {
  if (event.button || pen !== null) return;
  event.preventDefault();
  pen = event.pointerId;
  canvas.setPointerCapture(pen);
  strokes.push({ width: Number(brush.value), points: [onPaper(event)] });
  drawAll();
  sendSoon();
}

function move(event) {
  if (event.pointerId !== pen) return;
  const moves = event.getCoalescedEvents?.() ?? [];
  strokes.at(-1).points.push(...(moves.length ? moves : [event]).map(onPaper));
  drawAll();
  sendSoon();
}

function lift(event) {
  if (event.pointerId !== pen) return;
  pen = null;
  send();
}

const tools = {
  undo: () => strokes.pop(),
  clear: () => strokes.splice(0),
};

canvas.addEventListener("pointerdown", putDown);
canvas.addEventListener("pointermove", move);
canvas.addEventListener("pointerup", lift);
canvas.addEventListener("pointercancel", lift);
canvas.addEventListener("contextmenu", (event) => event.preventDefault()); // a long touch is a dot, not a menu
element.addEventListener("click", (event) => {
  const tool = tools[event.target.dataset?.tool];
  if (!tool) return;
  pen = null;
  tool();
  drawAll();
  send();
});

drawAll();
announceBlank();
