// Completes what is typed in the search box; without this script the page lists completions after a search.
"use strict";
const box = document.querySelector("[data-suggestions]");
const list = document.getElementById("completions");
let waiting = 0;

async function complete() {
  const typed = box.value.trim();
  if (!typed) return;
  const answer = await fetch(box.dataset.suggestions + "?q=" + encodeURIComponent(typed));
  if (!answer.ok || box.value.trim() !== typed) return;
  const found = await answer.json();
  list.replaceChildren(...found.map((text) => new Option(text)));
}

if (box && list) {
  box.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(complete, 120);
  });
}
