// Boxes over the picture: a click on one chooses its shape in the answer panel.
let chosen = 0; // which shape the answer panel shows

function markChosen() {
  element.querySelectorAll(".box").forEach((box, index) => {
    box.setAttribute("aria-pressed", index === chosen);
  });
}

element.addEventListener("click", ({ target }) => {
  const box = target.closest(".box");
  if (!box) return;
  send("shape-chosen", { index: Number(box.dataset.index) });
});
listen("answer-shown", ({ index }) => {
  chosen = index;
  markChosen();
});
watch("value", markChosen); // the template was drawn anew
