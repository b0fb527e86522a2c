"use strict";
(() => {
  const field = document.getElementById("filter");
  if (!field) return;
  // Letters without their marks and capitals: "jurgen" finds Jürgen.
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const people = document.querySelector("#people .people");
  const parts = [...people.children];
  const tiles = [...people.querySelectorAll("li")];
  const words = tiles.map((tile) => plain(tile.textContent));
  const count = document.getElementById("count");
  const update = () => {
    const wanted = plain(field.value).split(/\s+/).filter(Boolean);
    let shown = 0;
    tiles.forEach((tile, i) => {
      const fits = wanted.every((word) => words[i].includes(word));
      if (tile.hidden === fits) tile.hidden = !fits;
      shown += fits;
    });
    for (const part of parts) part.hidden = ![...part.children].some((tile) => !tile.hidden);
    // In one grid they stand close together; many are quicker in parts.
    people.classList.toggle("few", shown < 500);
    count.textContent = wanted.length ? `${shown} of ${tiles.length}` : "";
  };
  field.parentElement.hidden = false;
  field.addEventListener("input", update);
  addEventListener("pageshow", update);
  addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== field && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      field.focus();
    } else if (event.key === "Escape" && document.activeElement === field) {
      field.value = "";
      update();
    }
  });
})();
