// Runs once, when Gradio has put the template into the page; `element`, `props` and `upload` come from gr.HTML.
const label = element.querySelector("label");
const input = element.querySelector("input");
const state = element.querySelector(".state");
let latest = null; // the file chosen last: an earlier one that arrives late is dropped

async function take(file) {
  if (!file) return;
  latest = file;
  state.textContent = `Sending ${file.name} …`; // names reach the page as text only, never as a template
  try {
    const { path, url } = await upload(file);
    if (file !== latest) return;
    state.textContent = file.name;
    props.value = { path, url, orig_name: file.name, size: file.size, mime_type: file.type, meta: { _type: "gradio.FileData" } };
  } catch {
    if (file === latest) state.textContent = "This picture could not be sent: it is larger than 50 MB, or the connection broke.";
  }
}

input.addEventListener("change", () => {
  take(input.files[0]);
  input.value = ""; // so that the same file can be chosen again
});
label.addEventListener("dragover", (event) => {
  event.preventDefault();
  label.classList.add("over");
});
label.addEventListener("dragleave", () => label.classList.remove("over"));
label.addEventListener("drop", (event) => {
  event.preventDefault();
  label.classList.remove("over");
  take(event.dataTransfer.files[0]);
});
