// Runs once, when Gradio has put the template into the page; `element`, `props`, `trigger` and `watch` come from gr.HTML.
const find = (selector) => element.querySelector(selector);
const send = find("button");
const agree = find(".agree input");
const said = find(".said");

let shown = { text: "", index: 0, count: 0 }; // by the answer panel, just now
let past = false; // an earlier step of the drawing is shown: the server would read the present one
let asked = false; // the server was asked to keep what is shown, and has not refused

function label() {
  return find(".labels input:checked")?.value;
}

function refresh() {
  send.disabled = asked || !agree.checked || label() === undefined;
}

function follow(answer) {
  const same = ["text", "index", "count", "frame"].every((fact) => answer[fact] === shown[fact]);
  shown = answer;
  if (same) return;
  asked = false;
  past &&= Boolean(shown.text); // blank paper has no earlier steps
  find("details").hidden = past || !shown.text;
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
send.addEventListener("click", () => {
  asked = true;
  refresh();
  props.value = { index: shown.index, label: label(), seen: shown.text, agreed: agree.checked };
  trigger("submit");
});

watch("value", () => {
  if (props.value?.said === undefined || !asked) return; // what it is about is no longer shown
  asked = props.value.kept;
  said.textContent = props.value.said;
  refresh();
});

document.addEventListener("answer-shown", ({ detail }) => {
  if (detail.name === props.name && !detail.earlier) follow(detail);
});

if (props.name === "draw") {
  document.addEventListener("belief-step", ({ detail }) => {
    past = Boolean(detail);
    find("details").hidden = past || !shown.text;
  });
}
