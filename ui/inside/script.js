// Runs once, when Gradio has put the template into the page; `element`, `props` and `watch` come from gr.HTML.
const find = (selector) => element.querySelector(selector);

function figure({ source, caption }) {
  const made = document.createElement("figure");
  const picture = document.createElement("img");
  const words = document.createElement("figcaption");
  picture.src = source;
  picture.alt = caption;
  words.textContent = caption; // sentences reach the page as text only: an error may name a file
  made.append(picture, words);
  return made;
}

function row(cells) {
  const tr = document.createElement("tr");
  tr.className = cells[0];
  cells.forEach((text) => (tr.insertCell().textContent = text));
  return tr;
}

function show({ sentence, title, steps, voices, why, features }) {
  find(".sentence").textContent = sentence;
  find(".insight").hidden = !steps;
  if (!steps) return;
  find(".title").textContent = title;
  find(".steps").replaceChildren(...steps.map(figure));
  find(".voices-words").textContent = voices.words;
  find(".voices tbody").replaceChildren(...voices.rows.map(row));
  find(".why-words").textContent = why.words;
  find(".why").replaceChildren(...why.figures.map(figure));
  find(".features").replaceChildren(...features.map(figure));
}

watch("value", () => show(props.value));
