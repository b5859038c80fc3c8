"use strict";
// Rows of claims: opened one by one, searched, filtered, sorted; commands copied. Without it, everything is shown.
const table = document.getElementById("rows");
const bodies = [...table.tBodies];
const search = document.getElementById("search");
const headlines = document.getElementById("headlines");
const selects = [...document.querySelectorAll("select[data-filter]")];

function open(body, whether) {
  body.querySelector("tr.more").hidden = !whether;
  body.querySelector("tr.row button").setAttribute("aria-expanded", String(whether));
  if (!whether) return;
  // A figure is embedded once, in the section of its study; an open row shows it as well.
  for (const shown of body.querySelectorAll(".shown")) {
    const figure = document.getElementById(shown.querySelector("a").hash.slice(1));
    if (figure && !shown.nextElementSibling?.matches("figure")) {
      const copy = document.createElement("figure");
      copy.append(figure.querySelector("img").cloneNode(), figure.querySelector("figcaption").cloneNode(true));
      shown.after(copy);
    }
  }
}

function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const body of bodies) {
    const text = body.textContent.toLowerCase();
    const fits =
      words.every((word) => text.includes(word)) &&
      selects.every((select) => !select.value || body.dataset[select.dataset.filter] === select.value) &&
      (!headlines.checked || body.dataset.headline === "1");
    body.hidden = !fits;
    count += fits;
  }
  document.getElementById("found").textContent = `${count} of ${bodies.length} rows`;
}

function keyOf(body, column) {
  const cell = body.rows[0].cells[column];
  return cell.dataset.value ?? cell.textContent.trim();
}

function sort(column, direction) {
  const numbers = column === 4 || column === 5;
  const order = bodies.map((body, place) => ({ body, place, key: keyOf(body, column) }));
  order.sort((a, b) => {
    if (column === 0) return direction * (a.place - b.place); // the order of the paper
    if (numbers) {
      if (a.key === "" || b.key === "") return (a.key === "") - (b.key === ""); // what has none comes last
      return direction * (Number(a.key) - Number(b.key)) || a.place - b.place;
    }
    return direction * a.key.localeCompare(b.key, "en", { numeric: true }) || a.place - b.place;
  });
  table.append(...order.map((one) => one.body));
}

for (const button of table.tHead.querySelectorAll("button")) {
  button.addEventListener("click", () => {
    const head = button.closest("th");
    const direction = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    for (const other of table.tHead.querySelectorAll("th")) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
    sort(Number(button.dataset.sort), direction);
  });
}

for (const body of bodies) {
  open(body, false);
  const button = body.querySelector("tr.row button");
  button.addEventListener("click", () => open(body, button.getAttribute("aria-expanded") === "false"));
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button.copy");
  if (!button) return;
  const code = button.previousElementSibling;
  try {
    await navigator.clipboard.writeText(code.textContent);
    button.textContent = "copied";
  } catch {
    // Pages from a file may not write to the clipboard: select the text instead.
    getSelection().selectAllChildren(code);
    button.textContent = "selected";
  }
});

function follow() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  if (target.matches("tbody")) {
    target.hidden = false;
    open(target, true);
  }
  if (target.matches("details")) target.open = true;
  target.scrollIntoView();
}

document.getElementById("filters").addEventListener("submit", (event) => event.preventDefault());
search.addEventListener("input", filter);
headlines.addEventListener("change", filter);
for (const select of selects) select.addEventListener("change", filter);
addEventListener("hashchange", follow);
filter();
follow();
