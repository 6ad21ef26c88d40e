// Puts pad, connection, example and pointer together, and gives the buttons their work.
const note = find(".note");
const brush = find("input");
const pad = createPad(find("canvas"));
const connection = createConnection(pad, note);
const example = createExample(pad, connection, note, brush);
const pointer = createPointer(pad, connection, example, brush, use);

document.documentElement.dataset.drawable = ""; // for page.css, which shows the rest of the page now

function press(tool, pressed) {
  find(`[data-tool="${tool}"]`).setAttribute("aria-pressed", pressed);
}

function setWidth(width) {
  pointer.shift(pad.setWidth(width));
  element.dataset.paper = width === props.wide ? "wide" : "square";
  press("widen", width === props.wide);
}

const changes = {
  undo: pad.undo,
  redo: pad.redo,
  clear: () => pad.strokes.length && pad.change([]),
  widen: () => setWidth(pad.width === props.side ? props.wide : props.side),
  example: () => pad.change(example.strokes()),
};

function use(tool) {
  if (tool === "eraser") {
    const erasing = pointer.toggleEraser();
    press("eraser", erasing);
    element.dataset.holds = erasing ? "eraser" : "brush";
    return;
  }
  pointer.release();
  example.stop();
  changes[tool]();
  if (tool === "example") return example.write();
  pad.draw();
  connection.send();
}

element.addEventListener("click", ({ target }) => {
  if (target.dataset?.tool) use(target.dataset.tool);
});

// Others show an earlier step here, and lay a mark over the ink.
listen("step-shown", ({ earlier, drawing }) => pad.showEarlier(earlier ? drawing.strokes : null));
listen("mark-changed", ({ picture }) => {
  find(".mark").hidden = !picture;
  if (picture) find(".mark").src = picture;
});

function takeUp({ width, strokes }) {
  if (width !== pad.width) setWidth(width);
  for (const stroke of strokes) pad.change([...pad.strokes, stroke]);
}

const kept = connection.takeUp();
if (kept) takeUp(kept);
connection.announce(true);
pad.draw();
if (pad.strokes.length) {
  // It is read as its visitor chose, and that comes back to the page's controls a moment later.
  if (document.documentElement.dataset.vote) connection.send();
  else listen("vote-restored", connection.send, { once: true });
} else {
  example.startDemoSoon();
}
