// The digits that the page writes itself: the example that somebody asks for, and the one that it shows before anybody
// has drawn. `writeDigits` comes from handwriting.js.
const WRITING_SPEED = 0.8; // pixels of the paper a millisecond: a digit takes about a second
const DEMO_AFTER_MS = 2000; // whoever came to draw has begun by then
const DIGITS_ON_WIDE_PAPER = 3;
const DEMO = "An example. Start to draw, and it goes away.";

function createExample(pad, connection, note, brush) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let frame = 0; // the animation frame that shows more of the ink
  let demoTimer = 0;

  function strokes() {
    const count = pad.width === props.wide ? DIGITS_ON_WIDE_PAPER : 1;
    const text = Array.from({ length: count }, () => Math.floor(10 * Math.random())).join("");
    return writeDigits(text, pad.width, pad.height).map((points) => ({
      width: Number(brush.value),
      erases: false,
      byPage: true,
      points,
    }));
  }

  function stop() {
    cancelAnimationFrame(frame);
    frame = 0;
    pad.reveal();
  }

  function showAndSend() {
    stop();
    pad.draw();
    connection.send();
  }

  // Shows the ink as if somebody were writing it. The drawing is complete from the first moment, only its ink is not.
  function write() {
    stop();
    if (calm.matches) return showAndSend();
    const began = performance.now();
    const end = pad.lengthOfInk;
    const more = (now) => {
      const written = WRITING_SPEED * Math.max(0, now - began);
      if (written > end) return showAndSend();
      pad.reveal(written);
      pad.draw();
      connection.sendSoon();
      frame = requestAnimationFrame(more);
    };
    frame = requestAnimationFrame(more);
  }

  // Before anybody has drawn, the page writes a digit and has it read, so that a visitor sees what this is. Whatever a
  // visitor does anywhere ends the writing; a digit that stands complete waits until the paper itself is wanted.
  function startDemo() {
    const hidden = document.hidden || find("canvas").offsetParent === null;
    if (calm.matches || hidden || !pad.isUntouched) return;
    pad.showDemo(strokes());
    note.textContent = DEMO;
    write();
  }

  function endDemo({ target }) {
    clearTimeout(demoTimer);
    if (!pad.showsDemo || (!frame && !element.contains(target))) return;
    pad.showDemo(null);
    if (!connection.isLost) note.textContent = "";
    showAndSend();
  }

  // A click alone is what some screen readers send.
  for (const deed of ["pointerdown", "keydown", "click"]) document.addEventListener(deed, endDemo, { capture: true });

  return {
    strokes,
    write,
    stop,
    startDemoSoon: () => {
      demoTimer = setTimeout(startDemo, DEMO_AFTER_MS);
    },
  };
}
