// Who draws: mouse, finger and pen, or the keyboard with a pen of its own, the nib.
const ARROWS = { arrowleft: [-1, 0], arrowright: [1, 0], arrowup: [0, -1], arrowdown: [0, 1] };
const KEY_STEP = 10; // pixels of the paper that an arrow key moves the pen, a tenth with Shift
const KEYBOARD = "keyboard"; // stands where otherwise a pointer's id does
const PEN_RUBBER = 5; // the button number of the eraser at a stylus' end

function toolOf(key, { ctrlKey, metaKey, altKey, shiftKey }) {
  if (altKey) return undefined;
  if (ctrlKey || metaKey) return { z: shiftKey ? "redo" : "undo", y: "redo" }[key];
  return { e: "eraser", delete: "clear", escape: "clear" }[key];
}

function createPointer(pad, connection, example, brush, use) {
  const canvas = find("canvas");
  const nib = find(".nib");
  let pen = null; // who is drawing: a pointer's id or KEYBOARD; a second finger is ignored
  let erasing = false;
  let nibAt = [canvas.width / 2, canvas.height / 2]; // where the keyboard's pen is
  const heldArrows = new Set(); // two arrows held together go diagonally

  function setDown(who, point, erases) {
    example.stop();
    pen = who;
    if (erases && !pad.strokes.length) return; // there is nothing to erase, and nothing to undo afterwards
    pad.change([...pad.strokes, { width: Number(brush.value), erases, points: [point] }]);
    pad.draw();
    connection.sendSoon();
  }

  function drag(points) {
    if (!pad.strokes.length) return;
    pad.strokes.at(-1).points.push(...points);
    pad.draw();
    connection.sendSoon();
  }

  function lift() {
    if (pen === null) return;
    pen = null;
    showNib(false);
    connection.send();
  }

  // Whoever works with the keyboard sees where the focus is and what the keys do; a hand on the paper needs neither.
  function showKeys(yes) {
    find(".sheet").classList.toggle("by-keyboard", yes);
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
    showKeys(false);
    setDown(event.pointerId, pad.place(event), erasing || rubber);
    canvas.setPointerCapture(event.pointerId); // a stroke goes on where the pen leaves the paper
  }

  function pointerMove(event) {
    showNib(erasing && event.pointerType !== "touch", pad.place(event));
    if (event.pointerId !== pen) return;
    const moves = event.getCoalescedEvents?.() ?? [];
    drag((moves.length ? moves : [event]).map(pad.place));
  }

  function pointerUp(event) {
    if (event.pointerId === pen) lift();
  }

  function moveNib(fine) {
    const length = fine ? KEY_STEP / 10 : KEY_STEP;
    for (const arrow of heldArrows) {
      nibAt = nibAt.map((place, axis) => place + length * ARROWS[arrow][axis]);
    }
    const [width, height] = [canvas.width, canvas.height];
    nibAt = [Math.min(Math.max(nibAt[0], 0), width), Math.min(Math.max(nibAt[1], 0), height)];
    if (pen === KEYBOARD) drag([nibAt]);
    showNib(true);
  }

  function keyDown(event) {
    const key = event.key.toLowerCase(); // with Shift a letter comes as a capital
    const tool = toolOf(key, event);
    if (tool) {
      use(tool);
    } else if (event.target !== canvas || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    } else if (key in ARROWS) {
      showKeys(true);
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

  canvas.addEventListener("pointerdown", pointerDown);
  canvas.addEventListener("pointermove", pointerMove);
  canvas.addEventListener("pointerup", pointerUp);
  canvas.addEventListener("pointercancel", pointerUp);
  canvas.addEventListener("pointerleave", () => pen === null && showNib(false));
  canvas.addEventListener("contextmenu", (event) => event.preventDefault()); // a long touch is a dot, not a menu
  canvas.addEventListener("focus", () => showKeys(true)); // a pointer takes it back at once
  canvas.addEventListener("blur", () => {
    showKeys(false);
    heldArrows.clear();
    if (pen === KEYBOARD) lift();
    showNib(false);
  });
  element.addEventListener("keydown", keyDown);
  element.addEventListener("keyup", (event) => heldArrows.delete(event.key.toLowerCase()));

  return {
    // Takes the pen from whoever is drawing.
    release: () => {
      pen = null;
    },
    // Changes between brush and eraser, and returns whether it is the eraser now.
    toggleEraser: () => {
      erasing = !erasing;
      return erasing;
    },
    shift: (distance) => {
      nibAt = [nibAt[0] + distance, nibAt[1]];
    },
  };
}
