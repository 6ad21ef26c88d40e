// Runs once, when Gradio has put the template into the page; `element`, `props` and `watch` come from gr.HTML.
const find = (selector) => element.querySelector(selector);
const onlyUnsure = find("input");
const bar = find("progress");
const link = find("a");

function tableRow([file, text, confidence, verdict, doubtful]) {
  const tr = document.createElement("tr");
  tr.classList.toggle("doubtful", doubtful);
  [file, text, confidence, verdict].forEach((cell) => (tr.insertCell().textContent = cell)); // names are text, never HTML
  return tr;
}

// A spreadsheet runs a cell that begins like a formula, and a file may be named like one.
function csvCell(cell) {
  const harmless = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return `"${harmless.replaceAll('"', '""')}"`;
}

function toCsv(rows) {
  const lines = [["file", "text", "confidence", "verdict"], ...rows.map((row) => row.slice(0, 4))];
  return lines.map((cells) => cells.map(csvCell).join(",")).join("\r\n") + "\r\n";
}

function show({ words, read, count, rows }) {
  find(".words").textContent = words;
  bar.hidden = !count || read === count;
  bar.max = count || 1;
  bar.value = read;
  find("table").hidden = find(".taken").hidden = !rows.length;
  find("tbody").replaceChildren(...rows.map(tableRow));
  URL.revokeObjectURL(link.href);
  link.href = URL.createObjectURL(new Blob([toCsv(rows)], { type: "text/csv" }));
}

onlyUnsure.addEventListener("change", () => find("table").classList.toggle("only-unsure", onlyUnsure.checked));
watch("value", () => show(props.value));
