// Tiles of equal size, any number of them: only those near what is seen are in the page. Keys go from
// tile to tile and select them.
import {h} from "./dom.js";
import {useFingers} from "./touch.js";

export class Grid {
  // make(item): the element in a tile. id(item): a number. same(a, b): whether two of one number look alike.
  // label: of the whole list. tall: pixels below the picture. open(item) is called for Enter; changed() when
  // the selection changes; join(items, onto), if there is one, when these are dragged onto another.
  constructor({make, id, same, label, tall, open, changed, join}) {
    Object.assign(this, {make, id, same, open, changed, join, tall});
    this.dragged = [];
    this.items = [];
    this.chosen = new Set();
    this.active = 0;
    this.tiles = new Map();
    this.element = h("ul", {class: "grid", "aria-label": label, onkeydown: (event) => this.key(event)});
    this.onscroll = () => this.draw();
    this.watch = new ResizeObserver(() => this.layout());
    this.held = null;  // the tile that a finger holds
    useFingers(this);
  }

  start() {
    addEventListener("scroll", this.onscroll, {passive: true});
    this.watch.observe(this.element);
    this.layout();
  }

  stop() {
    removeEventListener("scroll", this.onscroll);
    this.watch.disconnect();
  }

  // Tiles of items that are as they were stay as they are, and so does one that somebody types into.
  show(items) {
    const had = this.element.contains(document.activeElement);
    const active = this.items[this.active];
    const places = new Map(items.map((item, index) => [this.id(item), index]));
    const kept = new Map();
    for (const [index, tile] of this.tiles) {
      const place = places.get(this.id(this.items[index]));
      const stays = place !== undefined && (this.same(items[place], this.items[index]) || tile.contains(document.activeElement) &&
        document.activeElement.matches("input"));
      if (stays) kept.set(place, tile);
      else tile.remove();
    }
    this.items = items;
    this.tiles = kept;
    for (const [index, tile] of kept) this.number(tile, index);
    for (const id of this.chosen) if (!places.has(id)) this.chosen.delete(id);
    this.active = (active && places.get(this.id(active))) ?? Math.min(this.active, Math.max(0, items.length - 1));
    this.layout();
    if (had && !this.element.contains(document.activeElement)) this.focus();
    this.changed?.();
  }

  number(tile, index) {
    tile.setAttribute("aria-setsize", this.items.length);
    tile.setAttribute("aria-posinset", index + 1);
    tile.place = index;
  }

  selection() { return this.items.filter((item) => this.chosen.has(this.id(item))); }
  // Those selected, or the one with the focus.
  meant() {
    const chosen = this.selection();
    if (chosen.length > 0) return chosen;
    return this.element.contains(document.activeElement) && this.items[this.active] ? [this.items[this.active]] : [];
  }

  toggle(item, on = !this.chosen.has(this.id(item))) {
    if (on) this.chosen.add(this.id(item));
    else this.chosen.delete(this.id(item));
    this.mark();
    this.changed?.();
  }

  clear() {
    this.chosen.clear();
    this.mark();
    this.changed?.();
  }

  layout() {
    const width = this.element.clientWidth;
    if (width === 0) return;
    const least = width < 600 ? 110 : 150;
    this.columns = Math.max(2, Math.floor(width / least));
    this.side = width / this.columns;
    this.height = this.side + this.tall;
    this.element.style.height = `${Math.ceil(this.items.length / this.columns) * this.height}px`;
    for (const [index, tile] of this.tiles) this.place(tile, index);
    this.draw();
  }

  place(tile, index) {
    tile.style.width = `${this.side}px`;
    tile.style.height = `${this.height}px`;
    tile.style.transform =
      `translate(${(index % this.columns) * this.side}px, ${Math.floor(index / this.columns) * this.height}px)`;
  }

  draw() {
    if (!this.columns) return;
    const top = -this.element.getBoundingClientRect().top;
    const margin = innerHeight;
    const first = Math.max(0, Math.floor((top - margin) / this.height) * this.columns);
    const last = Math.min(this.items.length, Math.ceil((top + innerHeight + margin) / this.height) * this.columns);
    for (const [index, tile] of this.tiles)
      if ((index < first || index >= last) && tile !== this.held && !tile.contains(document.activeElement)) {
        tile.remove();
        this.tiles.delete(index);
      }
    for (let index = first; index < last; ++index) if (!this.tiles.has(index)) this.add(index);
    this.mark();
  }

  add(index) {
    const item = this.items[index];
    const tile = h("li", {class: "tile", onfocusin: () => { this.active = tile.place; this.mark(); }});
    tile.append(this.make(item, () => this.toggle(item)));
    if (this.join) this.makeDraggable(tile);
    this.number(tile, index);
    this.place(tile, index);
    this.tiles.set(index, tile);
    // In the order of the items, for who goes on with Tab.
    let after = null;
    for (const [other, element] of this.tiles)
      if (other > index && (after === null || other < after.index)) after = {index: other, element};
    this.element.insertBefore(tile, after?.element ?? null);
  }

  // By its picture, which is a link, with a mouse. One of those selected takes the others along.
  makeDraggable(tile) {
    const item = () => this.items[tile.place];
    const isTarget = () => this.dragged.length > 0 && !this.dragged.includes(item());
    const over = (is) => tile.classList.toggle("over", is);
    const on = (name, run) => tile.addEventListener(name, run);
    on("dragstart", (event) => {
      this.dragged = this.chosen.has(this.id(item())) ? this.selection() : [item()];
      event.dataTransfer.effectAllowed = "link";
    });
    on("dragend", () => { this.dragged = []; });
    on("dragover", (event) => {
      if (!isTarget()) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "link";
      over(true);
    });
    on("dragleave", (event) => { if (!tile.contains(event.relatedTarget)) over(false); });
    on("drop", (event) => {
      over(false);
      if (!isTarget()) return;
      event.preventDefault();
      this.join(this.dragged, item());
    });
  }

  // Only the active tile is reached with Tab.
  mark() {
    for (const [index, tile] of this.tiles) {
      const chosen = this.chosen.has(this.id(this.items[index]));
      tile.classList.toggle("chosen", chosen);
      const choose = tile.querySelector(".choose");
      choose?.setAttribute("aria-pressed", chosen);
      if (choose) choose.textContent = chosen ? "✓" : "";
      for (const control of tile.querySelectorAll("a, button, input")) control.tabIndex = index === this.active ? 0 : -1;
    }
  }

  focus(index = this.active) {
    if (this.items.length === 0) return;
    this.active = Math.max(0, Math.min(index, this.items.length - 1));
    if (!this.tiles.has(this.active)) this.add(this.active);
    const tile = this.tiles.get(this.active);
    tile.querySelector(".look").focus({preventScroll: true});
    tile.scrollIntoView({block: "nearest"});
    this.draw();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input")) return;
    const steps = {ArrowRight: 1, ArrowLeft: -1, ArrowDown: this.columns, ArrowUp: -this.columns,
      Home: -this.items.length, End: this.items.length,
      PageDown: this.columns * 4, PageUp: -this.columns * 4};
    const item = this.items[this.active];
    if (event.key in steps) {
      const to = Math.max(0, Math.min(this.active + steps[event.key], this.items.length - 1));
      if (event.shiftKey)
        for (let i = Math.min(to, this.active); i <= Math.max(to, this.active); ++i) this.chosen.add(this.id(this.items[i]));
      this.focus(to);
      if (event.shiftKey) this.changed?.();
    } else if ((event.key === " " || event.key === "x") && !event.target.matches("button")) {
      this.toggle(item);
    } else if (event.key === "Enter" && event.target.matches(".look")) {
      this.open(item);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }
}
