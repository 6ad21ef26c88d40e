// The drawing, and the paper that shows it. A stroke is { width, erases, points: [[x, y], ...] } in pixels of the paper;
// what the page wrote as an example is marked byPage.
const DOT_LENGTH = 0.01; // pixels: browsers leave out a line that has no length at all, round ends and all
const PEN_LIFT = 80; // pixels that a pen could have drawn while it goes from one stroke to the next
const WHITE = 255;

// How far the pen went to reach a point of a stroke.
function wayTo(points, index) {
  if (!index) return 0;
  return Math.hypot(points[index][0] - points[index - 1][0], points[index][1] - points[index - 1][1]);
}

function createPad(canvas) {
  const paper = canvas.getContext("2d", { willReadFrequently: true });
  // Every change makes a new list of strokes: Undo and Redo walk through the lists, whatever made them.
  const drawing = { strokes: [], past: [], future: [] };
  let demo = null; // strokes that the page shows on its own before anybody has drawn: no part of the drawing
  let written = Number.POSITIVE_INFINITY; // pixels: so much of the ink is visible while an example is being written
  let earlier = null; // strokes of an earlier step of the drawing, shown for a while

  const visible = () => demo ?? drawing.strokes;

  function step(from, to) {
    if (!from.length) return;
    to.push(drawing.strokes);
    drawing.strokes = from.pop();
  }

  function change(strokes) {
    drawing.past.push(drawing.strokes);
    drawing.strokes = strokes;
    drawing.future = [];
  }

  // Draws as much of the stroke as `room` pixels hold, and returns what is left of them.
  function drawStroke({ width, erases, points }, room) {
    let left = room;
    paper.lineWidth = width;
    paper.strokeStyle = erases ? "#fff" : "#000"; // white and not transparent: the paper is sent as it is seen
    paper.beginPath();
    paper.moveTo(...points[0]);
    points.every(([x, y], index) => {
      left -= wayTo(points, index);
      if (left >= 0) paper.lineTo(index ? x : x + DOT_LENGTH, y);
      return left >= 0;
    });
    paper.stroke();
    return left;
  }

  // Draws what stood on the paper at an earlier step, or the present, as much of it as is written by now.
  function draw() {
    paper.fillStyle = "#fff";
    paper.fillRect(0, 0, canvas.width, canvas.height);
    paper.lineCap = "round";
    paper.lineJoin = "round";
    const room = earlier ? Number.POSITIVE_INFINITY : written;
    (earlier ?? visible()).reduce((left, stroke) => (left >= 0 ? drawStroke(stroke, left) - PEN_LIFT : left), room);
  }

  function isBlank() {
    if (!visible().some(({ erases }) => erases)) return !visible().length;
    return paper.getImageData(0, 0, canvas.width, canvas.height).data.every((value) => value === WHITE);
  }

  const isByPage = () => Boolean(visible().length) && visible().every(({ byPage }) => byPage);

  // What stands on the paper at this moment, for whoever brings it back later or asks about it: strokes grow, the
  // sheet may widen, and of an example only that counts which is written by now.
  function snapshot(facts) {
    let room = written;
    const strokes = [];
    for (const stroke of visible()) {
      if (room < 0) break;
      const { width, erases, points } = stroke;
      const beyond = points.findIndex((_, index) => {
        room -= wayTo(points, index);
        return room < 0;
      });
      const count = beyond < 0 ? points.length : beyond;
      room -= PEN_LIFT;
      strokes.push({
        width,
        erases: Boolean(erases),
        get points() {
          return stroke.points.slice(0, count);
        },
      });
    }
    return {
      ...facts,
      strokes: facts.blank ? [] : strokes,
      byPage: isByPage(),
      get size() {
        return [canvas.width, canvas.height];
      },
    };
  }

  // Changes the sheet's width, and returns by how much the ink moved: what is in the middle stays in the middle.
  function setWidth(width) {
    const shift = (width - canvas.width) / 2;
    for (const stroke of new Set([...drawing.past, drawing.strokes, ...drawing.future].flat())) {
      stroke.points = stroke.points.map(([x, y]) => [x + shift, y]);
    }
    canvas.width = width;
    return shift;
  }

  return {
    get strokes() {
      return drawing.strokes;
    },
    get width() {
      return canvas.width;
    },
    get height() {
      return canvas.height;
    },
    get isUntouched() {
      return !drawing.past.length;
    },
    get showsDemo() {
      return demo !== null;
    },
    get lengthOfInk() {
      const lengths = visible().map(({ points }) => points.reduce((way, _, index) => way + wayTo(points, index), 0));
      return lengths.reduce((sum, length) => sum + length + PEN_LIFT, 0);
    },
    change,
    undo: () => step(drawing.past, drawing.future),
    redo: () => step(drawing.future, drawing.past),
    draw,
    isBlank,
    isByPage,
    snapshot,
    setWidth,
    toUrl: () => canvas.toDataURL("image/png"),
    showDemo: (strokes) => {
      demo = strokes;
    },
    // Shows an earlier step's strokes; null is the present again.
    showEarlier: (strokes) => {
      if (!strokes && !earlier) return;
      earlier = strokes;
      draw();
    },
    // Shows so many pixels of the ink; without a number, all of it.
    reveal: (pixels = Number.POSITIVE_INFINITY) => {
      written = pixels;
    },
    // Where on the paper a pointer is.
    place: ({ clientX, clientY }) => {
      const seen = canvas.getBoundingClientRect();
      return [
        ((clientX - seen.left) * canvas.width) / seen.width,
        ((clientY - seen.top) * canvas.height) / seen.height,
      ];
    },
  };
}
