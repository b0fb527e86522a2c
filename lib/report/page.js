"use strict";
(() => {
  const field = document.getElementById("filter");
  if (!field) return;
  const list = document.querySelector("#people .people");
  const count = document.getElementById("count");

  // Everybody: a tile that the page came with, or a line with what is in one.
  const people = [...list.querySelectorAll("li"),
    ...(document.getElementById("others")?.textContent.split("\n").filter(Boolean) ?? [])];
  const partsOf = (line) => {
    const [number, faces, picture, name] = line.split("\t");
    return {number, picture, call: name || `person ${number}`, below: name ? `person ${number}, ${faces}` : faces};
  };
  const element = (kind, attributes, ...children) => {
    const made = document.createElement(kind);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  };
  const tileOf = (person) => {
    if (typeof person !== "string") return person;
    const {number, picture, call, below} = partsOf(person);
    return element("li", {}, element("a", {href: `people/${number}.html`},
      picture ? element("img", {src: picture, alt: "", width: 112, height: 112, loading: "lazy", decoding: "async"})
        : element("span", {class: "none"}, "no picture"),
      element("bdi", {}, call), " ", element("span", {class: "pale"}, below)));
  };

  // Of 100,000 people no browser holds all tiles. They stand in parts of some rows, and only the parts near
  // what is seen are in the page, between two spaces as high as the others.
  const kNear = 1200;      // pixels
  const kTilesAPart = 60;  // at least
  const kTilesOnPaper = 5000;
  const above = element("div", {}), below = element("div", {});
  let shown = people, parts = [], gap = 0;
  const heightOf = (some) => some.reduce((sum, part) => sum + part.height, 0);
  // Those of parts from `first` to before `last`, which are in the page then.
  const hold = (first, last) => {
    for (const [i, part] of parts.entries())
      if (part.list && (i < first || i >= last)) {
        part.list.remove();
        part.list = null;
      }
    let next = below;
    const made = [];
    for (const part of parts.slice(first, last).reverse()) {
      if (!part.list) {
        part.list = element("ul", {class: "part"}, ...shown.slice(part.begin, part.end).map(tileOf));
        list.insertBefore(part.list, next);
        made.push(part);
      }
      next = part.list;
    }
    for (const part of made) part.height = part.list.getBoundingClientRect().height + gap;
    above.style.height = `${heightOf(parts.slice(0, first))}px`;
    below.style.height = `${heightOf(parts.slice(last))}px`;
  };
  const holdNear = () => {
    let y = list.getBoundingClientRect().top;
    const isNear = parts.map((part) => (y += part.height) > -kNear && y - part.height < innerHeight + kNear);
    const first = isNear.indexOf(true), last = isNear.lastIndexOf(true) + 1;
    if (first < 0) hold(0, 0);
    else if (parts.some((part, i) => !part.list === (i >= first && i < last))) hold(first, last);
  };
  const lay = () => {
    const measured = shown.slice(0, kTilesAPart);
    const first = element("ul", {class: "part"}, ...measured.map(tileOf));
    list.replaceChildren(above, first, below);
    above.style.height = below.style.height = "0";
    const style = getComputedStyle(first);
    const columns = style.gridTemplateColumns.split(" ").length;
    gap = parseFloat(style.marginTop);
    const row = (first.getBoundingClientRect().height + gap) / Math.ceil(measured.length / columns);
    const rows = Math.ceil(kTilesAPart / columns);
    parts = [];
    for (let begin = 0; begin < shown.length; begin += rows * columns) {
      const end = Math.min(begin + rows * columns, shown.length);
      parts.push({begin, end, height: Math.ceil((end - begin) / columns) * row, list: null});
    }
    first.remove();
    holdNear();
  };

  // Letters without their marks and capitals: "jurgen" finds Jürgen.
  const plain = (text) =>
    (/[^\x20-\x7e]/.test(text) ? text.normalize("NFD").replace(/\p{M}/gu, "") : text).toLowerCase();
  // The name and the number; how many faces there are is no reason to be found.
  const textOf = (person) => {
    if (typeof person === "string") {
      const {call, number} = partsOf(person);
      return `${call} person ${number}`;
    }
    const number = /\d+/.exec(person.querySelector("a").getAttribute("href"))[0];
    return `${person.querySelector("bdi").textContent} person ${number}`;
  };
  let words = null, wantedBefore = "";
  const update = () => {
    const wanted = plain(field.value).split(/\s+/).filter(Boolean);
    if (wanted.join(" ") === wantedBefore) return;
    wantedBefore = wanted.join(" ");
    words ??= people.map((person) => plain(textOf(person)));
    shown = people.filter((_, i) => wanted.every((word) => words[i].includes(word)));
    count.textContent = wanted.length ? `${shown.length} of ${people.length}` : "";
    lay();
  };

  // Another width has other rows: whoever was at the top stays there.
  let width = list.clientWidth, atTop = 0;
  const noteTop = () => {
    const isSeen = (box) => box.bottom > 100;  // pixels: below the header
    const part = list.getBoundingClientRect().top < 0 ? parts.find((one) => one.list && isSeen(one.list.getBoundingClientRect())) : null;
    atTop = part ? part.begin + [...part.list.children].findIndex((tile) => isSeen(tile.getBoundingClientRect())) : 0;
  };
  new ResizeObserver(() => {
    if (list.clientWidth === width) return;
    width = list.clientWidth;
    lay();
    const now = parts.findIndex((part) => part.end > atTop);
    if (atTop === 0 || now < 0) return;
    scrollBy(0, list.getBoundingClientRect().top + heightOf(parts.slice(0, now)));
    holdNear();
    parts[now].list.children[atTop - parts[now].begin].scrollIntoView();
    holdNear();
  }).observe(list);

  addEventListener("scroll", () => {
    if (list.clientWidth !== width) return;
    holdNear();
    noteTop();
  }, {passive: true});
  addEventListener("resize", () => { if (list.clientWidth === width) holdNear(); });
  addEventListener("beforeprint", () => {
    const last = parts.findLastIndex((part) => part.end <= kTilesOnPaper) + 1;
    hold(0, last);
    if (last < parts.length) list.dataset.cut = `The first ${parts[last].begin} of ${shown.length} people. The filter says who is printed.`;
    else delete list.dataset.cut;
  });
  addEventListener("afterprint", holdNear);

  field.parentElement.hidden = false;
  lay();
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
