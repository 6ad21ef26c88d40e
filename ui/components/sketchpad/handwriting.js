// Handwriting made by code. Templates are SVG paths in a box of 100 by 100, several ways of writing each digit; they
// are `props.handwriting`. Slant, size, place and every point vary a little from digit to digit.
const BETWEEN_POINTS = 3; // pixels of the paper
const SLANT = [-0.22, 0.12]; // x per y: most hands lean to the right
const HEIGHT = [0.56, 0.7]; // of the paper's
const ASPECT = [0.85, 1.1]; // of the template's
const OFF_CENTRE = 0.04; // of the paper's height
const TREMBLE = 1.2; // of the template's 100

const between = ([low, high]) => low + (high - low) * Math.random();
const oneOf = (list) => list[Math.floor(list.length * Math.random())];

function pointsOf(path, place) {
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute(
    "d",
    path.replace(/\d+/g, (number) => Number(number) + TREMBLE * (2 * Math.random() - 1)),
  );
  const length = line.getTotalLength();
  const steps = Math.ceil(length / BETWEEN_POINTS);
  return Array.from({ length: steps + 1 }, (_, at) => place(line.getPointAtLength((length * at) / steps)));
}

// The strokes of `text`, its digits side by side in the middle of a sheet of width x height.
function writeDigits(text, width, height) {
  const slant = between(SLANT); // one hand writes the whole number
  const tall = height * between(HEIGHT);
  const advance = 0.9 * tall;
  return [...text].flatMap((digit, index) => {
    const aspect = between(ASPECT);
    const left = width / 2 + (index - (text.length - 1) / 2) * advance + height * between([-OFF_CENTRE, OFF_CENTRE]);
    const top = height / 2 + height * between([-OFF_CENTRE, OFF_CENTRE]);
    const place = ({ x, y }) => [
      left + (tall * (aspect * (x - 50) + slant * (y - 50))) / 100,
      top + (tall * (y - 50)) / 100,
    ];
    return oneOf(Object.values(props.handwriting[digit])).map((path) => pointsOf(path, place));
  });
}
