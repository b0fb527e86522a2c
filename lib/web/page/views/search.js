// Drop a photo, see who is in it.
import {get, picture, search, store} from "../api.js";
import {button, empty, h, name} from "../dom.js";
import {text} from "../text.js";

const kShown = 12;

function answerFor(face, index) {
  const line = h("div", {class: "found"}, h("strong", {}, text.search.face(index + 1)));
  if (face.person === null) {
    line.append(text.search.nobody);
    return line;
  }
  const faces = h("div", {class: "row"});
  line.append(h("a", {href: `#/person/${face.person}`}, name(store.call(face.person))),
    h("span", {class: "pale"}, face.probability === null ? text.search.only : text.search.probability(face.probability)), faces);
  get(`people/${face.person}`).then((person) => {
    faces.replaceChildren(...person.faces.slice(0, kShown).map((known) => h("a", {href: `#/photo/${known.photo}/${face.person}`},
      picture(known.face, text.one.photoOf(known.face)))));
    line.append(h("a", {href: `#/person/${face.person}`}, text.search.all(person.face_count)));
  }).catch(() => {});
  return line;
}

export function searchView(main) {
  let shown = null;
  const result = h("div", {class: "result", "aria-live": "polite"});
  const input = h("input", {type: "file", accept: "image/*,.heic,.avif,.jxl", hidden: true, "aria-label": text.search.choose,
    onchange: () => input.files[0] && look(input.files[0])});
  const drop = h("div", {class: "drop",
    ondragover: (event) => { event.preventDefault(); drop.classList.add("over"); },
    ondragleave: () => drop.classList.remove("over"),
    ondrop: (event) => {
      event.preventDefault();
      drop.classList.remove("over");
      if (event.dataTransfer.files[0]) look(event.dataTransfer.files[0]);
    }},
  h("p", {}, text.search.drop), button(text.search.choose, () => input.click(), {main: true}), input,
  h("p", {class: "pale"}, text.search.private));

  async function look(file) {
    result.replaceChildren(empty(text.search.working));
    if (shown) URL.revokeObjectURL(shown);
    shown = URL.createObjectURL(file);
    try {
      const answer = await search(file);
      const image = h("img", {src: shown, alt: text.search.alt});
      const frame = h("div", {class: "photo"}, image);
      image.onload = () => answer.faces.forEach((face, index) => {
        const [x, y, width, height] = box(face.box);
        const mark = h("span", {class: "box own"}, h("span", {}, face.person === null ? text.search.face(index + 1) : store.call(face.person)));
        const percent = (part, whole) => `${100 * part / whole}%`;
        Object.assign(mark.style, {left: percent(x, image.naturalWidth), top: percent(y, image.naturalHeight),
          width: percent(width, image.naturalWidth), height: percent(height, image.naturalHeight)});
        frame.append(mark);
      });
      result.replaceChildren(frame, ...answer.faces.length > 0 ? answer.faces.map(answerFor) : [empty(text.search.none)]);
    } catch (refused) {
      result.replaceChildren(empty(text.failed(refused.message)));
    }
    input.value = "";
  }
  const box = (value) => Array.isArray(value) ? value : [value.x, value.y, value.width, value.height];

  main.append(h("div", {class: "heading"}, h("h1", {}, text.search.heading)), drop, result);
  return {title: text.search.heading, key: () => false, close() { if (shown) URL.revokeObjectURL(shown); }};
}
