// Runs once, when Gradio has put the template into the page; `element`, `props` and `watch` come from gr.HTML.
const find = (selector) => element.querySelector(selector);
const percent = (probability) => (probability > 0.9994 ? ">99.9%" : `${(100 * probability).toFixed(1)}%`); // nothing is certain

const answer = find(".answer");
let blankSince = 0; // the sequence number at which the paper became blank: older answers come too late
let digits = [];
let chosen = 0;

function row(cells, className = "") {
  const tr = document.createElement("tr");
  tr.className = className;
  cells.forEach((text) => (tr.insertCell().textContent = text));
  return tr;
}

function shapeButton(digit, index) {
  const button = document.createElement("button");
  const frame = document.createElement("img");
  const text = document.createElement("b");
  const sure = document.createElement("small");
  frame.src = digit.frame;
  frame.alt = "";
  text.textContent = digit.text;
  sure.textContent = percent(digit.top[0][1]);
  button.type = "button";
  button.className = digit.verdict;
  button.append(frame, text, sure);
  button.addEventListener("click", () => choose(index));
  return button;
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

function choose(index) {
  chosen = index;
  const digit = digits[chosen];
  find(".verdict").textContent = digit?.words ?? "";
  find(".shapes").querySelectorAll("button").forEach((button, at) => button.setAttribute("aria-pressed", at === chosen));
  showBars(digit);
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

// Others on the page follow what is shown: the text, and which of its shapes is chosen.
function announce() {
  const text = element.dataset.state === "read" ? answer.textContent : "";
  const detail = { name: props.name, text, index: chosen, count: digits.length, frame: digits[chosen]?.frame };
  document.dispatchEvent(new CustomEvent("answer-shown", { detail }));
}

function show({ text, sentence, digits: read }) {
  digits = read;
  answer.textContent = text || sentence || props.hint;
  answer.classList.toggle("said", !text);
  element.dataset.state = text ? "read" : "blank";
  find(".shapes").replaceChildren(...(digits.length > 1 ? digits.map(shapeButton) : []));
  choose(Math.min(chosen, Math.max(0, digits.length - 1)));
}

function showBlank() {
  show({ text: "", sentence: "", digits: [] });
}

watch("value", () => {
  if (props.value.sequence < blankSince) return;
  show(props.value);
  answer.dataset.sequence = props.value.sequence;
});

if (props.name === "draw") {
  document.addEventListener("paper-blank", ({ detail: sequence }) => {
    blankSince = sequence;
    showBlank();
  });
}

showBlank();
