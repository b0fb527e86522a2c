// A photo with a box around each face; a box leads to its person.
import {get, load} from "../api.js";
import {call, empty, h, name} from "../dom.js";
import {text} from "../text.js";

const nameOf = (face) => face.person === null ? text.photo.nobody : call(face);

export async function photoView(main, words) {
  const [id, own] = words.map(Number);
  const back = own ? `#/person/${own}` : "#/people";
  const photo = await get(`photos/${id}`);
  const frame = h("div", {class: "photo"});
  const names = photo.faces.filter((face) => face.person !== null).map(nameOf);
  const image = h("img", {alt: text.photo.alt(names), width: photo.width, height: photo.height});
  load(image, `/api/photos/${id}/picture`).catch(() => frame.replaceChildren(empty(text.photo.gone)));
  const percent = (part, whole) => `${100 * part / whole}%`;
  // Of a video, the picture is the frame of its first face.
  const seen = photo.faces.filter((face) => face.time === photo.faces[0].time);
  frame.append(image, ...seen.map((face) => {
    const box = h(face.person === null ? "span" : "a", {class: face.person === own ? "box own" : "box",
      href: face.person === null ? null : `#/person/${face.person}`}, h("span", {}, nameOf(face)));
    Object.assign(box.style, {left: percent(face.box.x, photo.width), top: percent(face.box.y, photo.height),
      width: percent(face.box.width, photo.width), height: percent(face.box.height, photo.height)});
    return box;
  }));
  main.append(h("div", {class: "heading"}, h("h1", {}, text.photo.heading), h("a", {href: back}, text.photo.back)), frame,
    photo.paths.map((path) => h("p", {class: "path"}, name(path)))[0] ?? "",
    h("h2", {}, text.photo.people),
    h("ul", {}, photo.faces.map((face) => h("li", {}, face.person === null ? nameOf(face)
      : h("a", {href: `#/person/${face.person}`}, name(nameOf(face)))))));
  return {
    title: text.photo.heading,
    key(letter) {
      if (letter !== "Escape") return false;
      location.hash = back;
      return true;
    },
    close() {},
  };
}
