// Fingers on a grid. A long press selects; from then on a tap does, too, until nothing is selected any more.
// Whoever moves on after the press, without letting go, drags those selected onto another tile, or where
// there is nothing to drag them onto, selects all on the way. (Browsers drag links by mouse alone, or each
// in its own way.)
import {h} from "./dom.js";

const kPress = 450;   // ms
const kStill = 10;    // pixels that a finger moves though it rests
const kEdge = 90;     // pixels from the window's edges from which on the page rolls

// As a canvas: the address of a picture that was fetched is good for one element.
function copyOf(image) {
  const copy = h("canvas", {class: "face", width: 96, height: 96});
  if (image?.complete && image.naturalWidth > 0) copy.getContext("2d").drawImage(image, 0, 0, copy.width, copy.height);
  return copy;
}

export function useFingers(grid) {
  const {element} = grid;
  let finger = null;      // {id, tile, x, y, timer}, while one is down on a picture
  let isTouch = false;    // whether the last press was a finger's
  let swallow = false;    // the click that browsers make of a press

  const itemOf = (tile) => grid.items[tile.place];
  const tileAt = (x, y) => document.elementsFromPoint(x, y).map((found) => found.closest(".tile"))
    .find((tile) => tile && element.contains(tile));

  function end() {
    clearTimeout(finger.timer);
    finger.over?.classList.remove("over");
    finger.ghost?.remove();
    grid.held = null;
    finger = null;
  }

  function hold() {
    const {tile, id} = finger;
    finger.held = swallow = true;
    grid.held = tile;  // it must stay in the page, or its events no longer come
    element.setPointerCapture(id);
    navigator.vibrate?.(15);
    grid.toggle(itemOf(tile), true);
    if (grid.join) {
      const {length} = grid.selection();
      finger.ghost = h("div", {class: "ghost", "aria-hidden": "true"}, copyOf(tile.querySelector("img")),
        length > 1 ? h("span", {class: "badge"}, `${length}`) : null);
    }
    roll();
  }

  function follow() {
    const {ghost, x, y} = finger;
    const tile = tileAt(x, y);
    if (!grid.join) {
      if (tile) grid.toggle(itemOf(tile), true);
      return;
    }
    if (!ghost.isConnected) document.body.append(ghost);
    ghost.style.transform = `translate(${x}px, ${y}px)`;
    finger.over?.classList.remove("over");
    finger.over = tile && !grid.chosen.has(grid.id(itemOf(tile))) ? tile : null;
    finger.over?.classList.add("over");
  }

  function roll() {
    if (!finger?.held) return;
    const away = Math.min(0, finger.y - kEdge) + Math.max(0, finger.y - innerHeight + kEdge);
    if (away !== 0 && finger.moved) {
      scrollBy(0, away / 5);
      follow();
    }
    requestAnimationFrame(roll);
  }

  const on = (name, run, options) => element.addEventListener(name, run, options);
  on("pointerdown", (event) => {
    isTouch = event.pointerType === "touch";
    swallow = false;
    if (finger) end();  // a second finger
    const look = event.target.closest(".look");
    if (!look) return;
    look.draggable = !isTouch;
    if (!isTouch || !event.isPrimary) return;
    finger = {id: event.pointerId, tile: look.closest(".tile"), x: event.clientX, y: event.clientY, timer: setTimeout(hold, kPress)};
  });
  on("pointermove", (event) => {
    if (event.pointerId !== finger?.id) return;
    if (!finger.moved && Math.hypot(event.clientX - finger.x, event.clientY - finger.y) < kStill) return;
    if (!finger.held) return end();  // it scrolls
    Object.assign(finger, {moved: true, x: event.clientX, y: event.clientY});
    follow();
  });
  on("pointerup", (event) => {
    if (event.pointerId !== finger?.id) return;
    const onto = finger.over?.isConnected && itemOf(finger.over);
    end();
    if (onto) grid.join(grid.selection(), onto);
  });
  on("pointercancel", (event) => { if (event.pointerId === finger?.id) end(); });
  on("touchmove", (event) => { if (finger?.held) event.preventDefault(); }, {passive: false});
  on("contextmenu", (event) => { if (isTouch && event.target.closest(".look")) event.preventDefault(); });
  on("click", (event) => {
    const look = event.target.closest(".look");
    const selects = isTouch && look && grid.chosen.size > 0;
    if (!swallow && !selects) return;
    event.preventDefault();
    event.stopPropagation();
    if (!swallow) grid.toggle(itemOf(look.closest(".tile")));
    swallow = false;
  }, {capture: true});
}
