// Asks what the shown shape was; the last correction that was kept can be taken back.
const sendButton = find(".send");
const back = find(".back");
const agree = find(".agree input");
const said = find(".said");

let shown = { text: "", index: 0, count: 0 }; // by the answer panel, just now
let byPage = false; // what stands on the paper was written by the page: nobody can say what a person meant by it
let asked = false; // the server was asked to keep what is shown, and has not refused
let receipt = ""; // of the last correction of this visit that is kept

function label() {
  return find(".labels input:checked")?.value;
}

const labelInWords = (kept) => (kept === "not_a_digit" ? "no digit" : withArticle(kept));

function offer() {
  find("details").hidden = shown.earlier || byPage || !shown.text;
}

// The last correction stays in sight, whatever is drawn next, until it is taken back.
function showLast(kept) {
  receipt = kept.receipt;
  find(".last").hidden = !receipt;
  find(".last span").textContent = receipt
    ? `Your last correction, “it was ${labelInWords(kept.label)}”, is kept.`
    : "";
  back.disabled = false;
}

function refresh() {
  sendButton.disabled = asked || !agree.checked || label() === undefined;
}

function follow(answer) {
  const same = ["text", "index", "count", "frame"].every((fact) => answer[fact] === shown[fact]);
  shown = answer;
  if (same) return;
  asked = false;
  find(".which").textContent = shown.count > 1 ? `This is about shape ${shown.index + 1} of ${shown.count}.` : "";
  const chosen = find(".labels input:checked");
  if (chosen) chosen.checked = false;
  said.textContent = "";
  refresh();
}

element.addEventListener("change", () => {
  asked = false; // another answer may be sent, and one that got lost may be sent again
  refresh();
});
sendButton.addEventListener("click", () => {
  asked = true;
  refresh();
  props.value = { index: shown.index, label: label(), seen: shown.text, agreed: agree.checked };
  trigger("submit");
});

back.addEventListener("click", () => {
  back.disabled = true;
  props.value = { take_back: receipt };
  trigger("undo");
});

function showTakenBack({ said: sentence, taken, done }) {
  said.textContent = sentence;
  if (taken !== receipt) return; // another one was kept meanwhile
  const focused = document.activeElement === document.body || element.contains(document.activeElement);
  if (done) showLast({ receipt: "" });
  back.disabled = false;
  asked = false; // it may be sent again, as something else
  refresh();
  if (done && focused) said.focus({ preventScroll: true }); // the button that had it is gone
}

watch("value", () => {
  const outcome = props.value;
  if (outcome?.said === undefined) return;
  if (outcome.taken !== undefined) return showTakenBack(outcome);
  if (outcome.kept) showLast(outcome);
  if (!asked) return; // what it is about is no longer shown
  asked = outcome.kept;
  said.textContent = outcome.said;
  refresh();
});

// Of an earlier step nothing can be sent, since the server would read the present drawing.
listen("answer-shown", (answer) => {
  if (answer.earlier) shown = { ...shown, earlier: true };
  else follow(answer);
  offer();
});
listen("drawing-changed", (drawing) => {
  byPage = drawing.byPage;
  offer();
});
