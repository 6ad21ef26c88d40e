// Shows the pictures of the files that were read, a page of them at a time.
const fold = find("details");

const ASK_AGAIN_AFTER_MS = 2000; // after the server made no pictures; twice as long after each further time
const LONGEST_WAIT_MS = 60000;

let files = []; // what was read: [file, text, confidence, verdict, doubtful, boxes], and each one's index
let first = 0; // the first of those that are shown
let asked = ""; // the indices whose pictures were asked for last
let wait = ASK_AGAIN_AFTER_MS; // before the same pictures are asked for again
let timer = 0;
let thumbnails = new Map(); // index -> picture, for the page that is shown and no other

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

function pictureOf({ index, row: [file, text, , verdict, doubtful, boxes] }) {
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
  const page = files.slice(first, first + props.page_size);
  const last = first + page.length;
  find(".where").textContent = files.length ? `${first + 1} to ${last} of ${files.length}` : "None.";
  find(".back").disabled = first === 0;
  find(".next").disabled = last >= files.length;
  find(".pictures").replaceChildren(...page.map(pictureOf));
  return page.map(({ index }) => index);
}

function turnTo(place) {
  first = Math.max(0, Math.min(place, props.page_size * Math.floor((files.length - 1) / props.page_size)));
  const wanted = draw();
  if (!fold.open || wanted.join() === asked || wanted.every((index) => thumbnails.has(index))) return;
  asked = wanted.join();
  props.value = { wanted };
  trigger("turn");
}

watch("value", () => {
  if (!props.value?.thumbnails) return;
  asked = "";
  wait = ASK_AGAIN_AFTER_MS;
  // Whoever chose other files meanwhile gets no picture under another one's name.
  const current = props.value.thumbnails.filter(({ index, file }) =>
    files.some((one) => one.index === index && one.row[0] === file),
  );
  thumbnails = new Map(current.map((thumbnail) => [thumbnail.index, thumbnail]));
  draw();
});

find(".back").addEventListener("click", () => turnTo(first - props.page_size));
find(".next").addEventListener("click", () => turnTo(first + props.page_size));
fold.addEventListener("toggle", () => turnTo(first));
listen("thumbnails-failed", () => {
  asked = "";
  clearTimeout(timer);
  timer = setTimeout(() => turnTo(first), wait);
  wait = Math.min(2 * wait, LONGEST_WAIT_MS);
});
listen("files-read", ({ rows, onlyDoubtful, anew }) => {
  if (anew) {
    thumbnails = new Map();
    asked = "";
    first = 0;
  }
  files = rows.map((row, index) => ({ index, row })).filter(({ row }) => row[4] || !onlyDoubtful);
  fold.hidden = !rows.length;
  turnTo(first);
});
