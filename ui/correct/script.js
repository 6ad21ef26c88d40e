// Runs once, when Gradio has put the template into the page; `element`, `props`, `trigger` and `watch` come from gr.HTML.
const find = (selector) => element.querySelector(selector);
const send = find("button");
const agree = find(".agree input");
const said = find(".said");
const panel = document.getElementById(`${props.name}-panel`);

let waiting = false;
let kept = false; // this very shape has been kept already

// What the answer panel shows just now.
function shown() {
  const shapes = [...panel.querySelectorAll(".shapes button")];
  return {
    text: document.getElementById(`${props.name}-answer`).textContent,
    read: Boolean(panel.querySelector('[data-state="read"]') ?? panel.matches('[data-state="read"]')),
    index: Math.max(0, shapes.findIndex((shape) => shape.getAttribute("aria-pressed") === "true")),
    count: Math.max(1, shapes.length),
    frame: panel.querySelector(".frame").src,
  };
}

function label() {
  return find(".labels input:checked")?.value;
}

function refresh() {
  send.disabled = waiting || kept || !agree.checked || label() === undefined;
}

let before = "";
function look() {
  const { text, read, index, count, frame } = shown();
  const now = JSON.stringify([text, read, index, count, frame]);
  if (now === before) return;
  before = now;
  kept = waiting = false;
  find("details").hidden = !read;
  find(".which").textContent = count > 1 ? `This is about shape ${index + 1} of ${count}. Choose another one above.` : "";
  if (find(".labels input:checked")) find(".labels input:checked").checked = false;
  said.textContent = "";
  refresh();
}

element.addEventListener("change", refresh);
send.addEventListener("click", () => {
  const { text, index } = shown();
  waiting = true;
  refresh();
  props.value = { index, label: label(), seen: text, agreed: agree.checked };
  trigger("submit");
});

watch("value", () => {
  if (props.value?.said === undefined) return;
  waiting = false;
  kept = props.value.kept;
  said.textContent = props.value.said;
  refresh();
});

new MutationObserver(look).observe(panel, { attributes: true, childList: true, characterData: true, subtree: true });
look();
