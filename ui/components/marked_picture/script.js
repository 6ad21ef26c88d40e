// Runs once, when Gradio has put the template into the page; `element`, `props` and `watch` come from gr.HTML.
let chosen = 0; // which shape the answer panel of the same name shows

function markChosen() {
  element.querySelectorAll(".box").forEach((box, index) => box.setAttribute("aria-pressed", index === chosen));
}

element.addEventListener("click", ({ target }) => {
  const box = target.closest(".box");
  if (!box) return;
  const detail = { name: props.name, index: Number(box.dataset.index) };
  document.dispatchEvent(new CustomEvent("shape-wanted", { detail }));
});
document.addEventListener("answer-shown", ({ detail }) => {
  if (detail.name !== props.name) return;
  chosen = detail.index;
  markChosen();
});
watch("value", markChosen); // the template was drawn anew
