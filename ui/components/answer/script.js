// The answer that is shown, and which of its shapes: the only owner of both.
const answer = find(".answer");
let newest = 0; // the latest drawing that is answered or known to be blank: answers to older ones come too late
let digits = [];
let chosen = 0;
let reading = null; // what /read would answer
let present = null; // the answer to the newest drawing
let earlier = null; // the answer to an earlier step of the drawing that is shown for a while
let version = 0; // counts the answers, so that others can tell whether they speak of the present one

function shapeButton(digit, index) {
  const button = document.createElement("button");
  const frame = document.createElement("img");
  const text = document.createElement("b");
  const sure = document.createElement("small");
  frame.src = digit.frame;
  frame.alt = "";
  text.textContent = digit.text;
  sure.textContent = digit.verdict === "not_a_digit" ? "not a digit" : percent(digit.top[0][1]); // its 91% would be of no digit at all
  button.type = "button";
  button.className = digit.verdict;
  button.append(frame, text, sure);
  button.addEventListener("click", () => choose(index));
  return button;
}

// The text as it was, each digit of a number open to a click; the buttons below do the same for the keyboard.
function showText(text) {
  const shapes = [...text].filter((mark) => mark !== "\n");
  let index = 0;
  const marks = [...text].map((mark) => {
    if (mark === "\n" || shapes.length < 2) return mark;
    const span = document.createElement("span");
    span.textContent = mark;
    span.dataset.index = index++;
    return span;
  });
  answer.replaceChildren(...marks);
}

function showBars(digit) {
  element.querySelectorAll(".bars li").forEach((bar, index) => {
    const probability = digit?.probabilities[index] ?? 0;
    bar.classList.toggle("best", Boolean(digit) && digit.top[0][0] === index);
    bar.querySelector(".whole").style.width = `${100 * probability}%`;
    bar.querySelector(".compact").style.width = `${100 * (digit?.compact[index] ?? 0)}%`;
    bar.querySelector(".deep").style.width = `${100 * (digit?.deep[index] ?? 0)}%`;
    bar.querySelector(".percent").textContent = digit ? percent(probability) : "";
  });
}

// Where an answer begins to be sure; the words stand above the bars, to the left of the line as far as it is on the right.
function showThreshold(from) {
  const line = find(".threshold");
  line.hidden = typeof from !== "number";
  if (line.hidden) return;
  line.style.setProperty("--from", `${100 * from}%`);
  find(".sure").textContent = `sure from ${Math.round(100 * from)}%`;
}

function choose(index) {
  chosen = index;
  const digit = digits[chosen];
  find(".verdict").textContent = digit?.words ?? "";
  find(".shapes")
    .querySelectorAll("button")
    .forEach((button, at) => {
      button.setAttribute("aria-pressed", at === chosen);
    });
  answer.querySelectorAll("span").forEach((mark, at) => {
    mark.classList.toggle("chosen", at === chosen);
  });
  showBars(digit);
  showThreshold(digit?.sure_from);
  readyToAsk(digit);
  find(".frame").hidden = !digit;
  if (digit) find(".frame").src = digit.frame;
  find(".top tbody").replaceChildren(...(digit?.top ?? []).map(([best, sure]) => row([best, percent(sure)])));
  find(".voters tbody").replaceChildren(
    ...(digit?.voters ?? []).map(({ name, digit: best, confidence }) =>
      row([name, best, percent(confidence)], `${name} ${name === digit.model ? "answers" : ""}`),
    ),
  );
  announce();
}

// Others on the page follow what is shown: the text, which of its shapes is chosen, and which answer it is. What
// is brought back for a while is `earlier`: of that the server knows nothing.
function announce() {
  const text = element.dataset.state === "read" ? answer.textContent : "";
  const shape = { index: chosen, count: digits.length, frame: digits[chosen]?.frame };
  send("answer-shown", { text, ...shape, version, earlier: Boolean(earlier) });
}

function show({ text, sentence, digits: read, reading: told, passed_over: passedOver }) {
  digits = read;
  reading = told;
  if (text) showText(text);
  else answer.textContent = sentence || props.hint;
  answer.classList.toggle("hint", !text);
  element.dataset.state = text ? "read" : "blank";
  find(".tools").hidden = !text;
  find(".copied").textContent = "";
  find(".passed-over").textContent = passedOver;
  find(".shapes").replaceChildren(...(digits.length > 1 ? digits.map(shapeButton) : []));
  choose(Math.min(chosen, Math.max(0, digits.length - 1)));
}

// A chosen bar asks what would make the drawing that digit; the bars are one stop for the Tab key.
function makeChoosable(bar, digit) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "ask";
  button.setAttribute("aria-label", `What would make it ${withArticle(digit)}?`);
  button.addEventListener("click", () => {
    const again = button.getAttribute("aria-pressed") === "true";
    for (const each of askButtons()) each.setAttribute("aria-pressed", each === button && !again);
    send("digit-chosen", { digit: again ? null : digit, index: chosen });
  });
  bar.append(button);
}

const askButtons = () => [...element.querySelectorAll(".ask")];

function readyToAsk(digit) {
  askButtons().forEach((button, at) => {
    button.disabled = !digit;
    button.setAttribute("aria-pressed", false);
    button.tabIndex = digit?.top[0][0] === at ? 0 : -1;
  });
}

function moveAlongBars(event) {
  const buttons = askButtons();
  const from = buttons.indexOf(event.target);
  const to = { ArrowUp: from - 1, ArrowDown: from + 1, Home: 0, End: 9 }[event.key];
  if (from < 0 || !buttons[to]) return;
  event.preventDefault();
  buttons.forEach((button, at) => {
    button.tabIndex = at === to ? 0 : -1;
  });
  buttons[to].focus();
}

function showBlank() {
  version += 1;
  show({ text: "", sentence: "", digits: [], reading: null, passed_over: "" });
}

function download() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(reading, null, 2)], { type: "application/json" }));
  link.download = "reading.json";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000); // the browser has begun by then
}

// Browsers keep the clipboard from pages in some frames and from plain http: there the older way may still be open.
async function copy() {
  const text = answer.textContent;
  let copied = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    copied = copyBySelection(text);
  }
  find(".copied").textContent = copied ? "Copied" : "This browser does not let the page copy.";
}

function copyBySelection(text) {
  const field = document.createElement("textarea");
  field.value = text;
  element.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  find(".copy").focus();
  return copied;
}

answer.addEventListener("click", ({ target }) => {
  if (target.dataset.index !== undefined) choose(Number(target.dataset.index));
});
find(".copy").addEventListener("click", copy);
find(".download").addEventListener("click", download);

// Whoever shows the same shapes elsewhere, as the marked picture does, asks for one of them.
listen("shape-chosen", ({ index }) => digits[index] && choose(index));

function showPresent() {
  show(present);
  if (!present.put_off) answer.dataset.sequence = present.sequence;
}

function bringBack(answered) {
  earlier = answered;
  answer.setAttribute("aria-live", earlier ? "off" : "polite"); // the timeline says what it brings back
}

watch("value", () => {
  if (props.value.sequence < newest) return;
  present = props.value; // which late answers replace
  newest = present.sequence;
  version += 1;
  if (!earlier) showPresent();
  send("answer-received", { answer: present });
});

listen("drawing-changed", ({ sequence, blank }) => {
  if (!blank) return;
  newest = sequence;
  present = null;
  bringBack(null); // blank paper has no earlier steps
  showBlank();
});
listen("step-shown", ({ answer: answered }) => {
  bringBack(answered);
  if (earlier) show(earlier);
  else if (present) showPresent();
});
if (props.bars_can_be_chosen) {
  element.querySelectorAll(".bars li").forEach(makeChoosable);
  find(".bars").addEventListener("keydown", moveAlongBars);
}

showBlank();
