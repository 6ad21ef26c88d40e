// Has many files read, and shows the growing table.
const onlyUnsure = find("input");
const bar = find("progress");
const link = find("a");
const words = find(".words");
const body = find("tbody");

const LONGEST_STOP = 5000; // milliseconds
let rows = []; // each [file, text, confidence, verdict, doubtful, boxes]
let taken = 0; // characters of the text that the rows came in
let csv = ""; // the table that people take along
let count = 0; // of the files that are being read
let running = false;

function tableRow([file, text, confidence, verdict, doubtful]) {
  return row([file, text, confidence === null ? "" : percent(confidence), verdict], doubtful ? "doubtful" : "");
}

function say(sentence) {
  words.setAttribute("aria-live", running ? "off" : "polite"); // a screen reader hears the end, not every step
  words.textContent = sentence;
}

function run(yes) {
  running = yes;
  find(".read").disabled = yes;
  find(".stop").hidden = !yes;
  bar.hidden = !yes;
}

function announce(anew = false) {
  send("files-read", { rows, onlyDoubtful: onlyUnsure.checked, anew });
}

// Takes the lines that are new; a shorter text is another reading's.
function take(lines) {
  if (lines.length < taken) {
    rows = [];
    taken = 0;
    body.replaceChildren();
  }
  const added = lines
    .slice(taken)
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));
  taken = lines.length;
  rows.push(...added);
  body.append(...added.map(tableRow));
  find("table").hidden = find(".taken").hidden = !rows.length;
}

function begin() {
  run(true);
  count = 0;
  take("");
  announce(true);
  bar.removeAttribute("value"); // how much there is to read is not known yet
  say("Waiting for a turn …");
  trigger("read");
}

function end(how) {
  const doubtful = rows.filter((row) => row[4]).length;
  run(false);
  say(count ? `${how}: ${rows.length} of ${count} read, ${doubtful} to look at again.` : `${how}: nothing was read.`);
}

// Gradio reports a stopped reading as lost, a moment later: until then there is no other one to be mistaken for it.
function stop() {
  trigger("stop");
  end("Stopped");
  find(".read").disabled = true;
  setTimeout(enableRead, LONGEST_STOP);
}

function enableRead() {
  if (!running) find(".read").disabled = false;
}

// Gradio's file box shows the server's whole answer to an upload that it refused; only the sentence in it is for people.
function shortenRefusals(toasts) {
  for (const text of toasts.querySelectorAll("[data-testid=toast-text]")) {
    const sentence = refusalIn(text.textContent);
    if (sentence) text.textContent = sentence;
  }
}

watch("value", () => {
  if (!running) return; // what was on its way when it was stopped
  const told = props.value;
  count = told.count;
  bar.max = count || 1;
  take(told.rows);
  csv = told.csv;
  bar.value = rows.length;
  if (rows.length === count) run(false);
  say(told.words);
  announce();
});

find(".read").addEventListener("click", begin);
find(".stop").addEventListener("click", stop);
onlyUnsure.addEventListener("change", () => {
  find("table").classList.toggle("only-unsure", onlyUnsure.checked);
  announce(true);
});
link.addEventListener("click", () => {
  URL.revokeObjectURL(link.href);
  link.href = URL.createObjectURL(new Blob([csv], { type: "text/csv" }));
});
listen("files-failed", () => (running ? end("Interrupted") : setTimeout(enableRead)));

const toasts = document.querySelector(".toast-wrap");
new MutationObserver(() => shortenRefusals(toasts)).observe(toasts, { childList: true, subtree: true });
