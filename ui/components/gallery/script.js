// Runs once, when Gradio has put the template into the page; `element`, `props`, `trigger` and `watch` come from
// gr.HTML, `find` from base.js.
const fold = find("details");

let files = []; // what was read: [file, text, confidence, verdict, doubtful, boxes], and each one's index
let first = 0; // the first of those that are shown
let asked = ""; // the indices whose pictures were asked for last
let thumbnails = new Map(); // index -> picture, for the leaf that is shown and no other

function boxOver([text, left, top, width, height], picture) {
  const box = document.createElement("span");
  const words = document.createElement("b");
  box.className = "box";
  box.style.left = `${(100 * left) / picture.width}%`;
  box.style.top = `${(100 * top) / picture.height}%`;
  box.style.width = `${(100 * width) / picture.width}%`;
  box.style.height = `${(100 * height) / picture.height}%`;
  words.textContent = text;
  box.append(words);
  return box;
}

function figureOf({ index, row: [file, text, , verdict, doubtful, boxes] }) {
  const figure = document.createElement("figure");
  const caption = document.createElement("figcaption");
  const name = document.createElement("span");
  const read = document.createElement("b");
  const thumbnail = thumbnails.get(index);
  figure.classList.toggle("doubtful", doubtful);
  if (thumbnail?.source) {
    const paper = document.createElement("div");
    const picture = document.createElement("img");
    paper.className = "paper";
    picture.src = thumbnail.source;
    picture.alt = "";
    paper.append(picture, ...boxes.map((box) => boxOver(box, thumbnail)));
    figure.append(paper);
  }
  name.textContent = file; // names are text, never HTML
  read.textContent = text;
  caption.append(read, doubtful ? ` ${verdict} ` : " ", name);
  figure.append(caption);
  return figure;
}

function draw() {
  const leaf = files.slice(first, first + props.leaf);
  const last = first + leaf.length;
  find(".where").textContent = files.length ? `${first + 1} to ${last} of ${files.length}` : "None.";
  find(".back").disabled = first === 0;
  find(".on").disabled = last >= files.length;
  find(".pictures").replaceChildren(...leaf.map(figureOf));
  return leaf.map(({ index }) => index);
}

function turnTo(place) {
  first = Math.max(0, Math.min(place, props.leaf * Math.floor((files.length - 1) / props.leaf)));
  const wanted = draw();
  if (!fold.open || wanted.join() === asked || wanted.every((index) => thumbnails.has(index))) return;
  asked = wanted.join();
  props.value = { wanted };
  trigger("turn");
}

watch("value", () => {
  if (!props.value?.thumbnails) return;
  asked = "";
  // Whoever chose other files meanwhile gets no picture under another one's name.
  const told = props.value.thumbnails.filter(({ index, file }) => files.some((one) => one.index === index && one.row[0] === file));
  thumbnails = new Map(told.map((thumbnail) => [thumbnail.index, thumbnail]));
  draw();
});

find(".back").addEventListener("click", () => turnTo(first - props.leaf));
find(".on").addEventListener("click", () => turnTo(first + props.leaf));
fold.addEventListener("toggle", () => turnTo(first));
document.addEventListener("files-read", ({ detail: { rows, onlyDoubtful, anew } }) => {
  if (anew) {
    thumbnails = new Map();
    asked = "";
    first = 0;
  }
  files = rows.map((row, index) => ({ index, row })).filter(({ row }) => row[4] || !onlyDoubtful);
  fold.hidden = !rows.length;
  turnTo(first);
});
