// One person: all faces, to be looked through and put right.
import {edit, get, picture, store} from "../api.js";
import {bar, button, call, chooser, empty, h, name, put} from "../dom.js";
import {mergeWithOther, moveFaces, nameThem, setHidden} from "../dialogs.js";
import {Grid} from "../grid.js";
import {text} from "../text.js";
import {showWhy} from "./why.js";

const isDoubtful = (face) => face.probability !== undefined;

// Copies of a photo and photos of one moment are one tile, unless it is open; a doubtful face always has its own.
function stacksOf(faces, open) {
  const stacks = new Map();
  for (const face of faces) {
    const first = face.like ?? face.face;
    const key = isDoubtful(face) ? face.face : open.has(first) ? face.face : `like ${first}`;
    if (stacks.has(key)) stacks.get(key).others.push(face.face);
    else stacks.set(key, {...face, first, others: []});
  }
  const count = new Map();
  for (const face of faces)
    if (!isDoubtful(face)) count.set(face.like ?? face.face, (count.get(face.like ?? face.face) ?? 0) + 1);
  const opened = new Set();
  return [...stacks.values()].map((stack) => {
    const isFirst = !isDoubtful(stack) && open.has(stack.first) && count.get(stack.first) > 1 && !opened.has(stack.first);
    if (isFirst) opened.add(stack.first);
    return {...stack, closes: isFirst ? count.get(stack.first) - 1 : 0};
  });
}

function tile(id, turn) {
  return (face, toggle) => {
    const more = face.others.length || face.closes;
    const badge = face.probability !== undefined ? h("span", {class: "badge", title: text.one.doubtTitle(face.probability)}, text.one.doubt)
      : face.recognisable === false ? h("span", {class: "badge", title: text.one.weakTitle}, text.one.weak)
        : face.by_hand ? h("span", {class: "badge", title: text.one.byHandTitle}, text.one.byHand) : null;
    return h("div", {class: "card"},
      h("a", {class: "look", href: `#/photo/${face.photo}/${id}`, "aria-label": text.one.photoOf(face.face)}, picture(face.face)),
      h("button", {type: "button", class: "choose", "aria-pressed": "false", "aria-label": text.one.choose(face.face), onclick: toggle}),
      badge,
      more ? h("button", {type: "button", class: "more", "aria-expanded": String(face.closes > 0), "aria-label": text.one.like(more),
        title: text.one.like(more), onclick: () => turn(face.first)}, `${face.closes ? "−" : "+"}${more}`) : null);
  };
}

export async function personView(main, words) {
  const id = Number(words[0]);
  let order = "typical";
  let person = null;
  const heading = h("div", {class: "heading"});
  const tools = h("div", {class: "tools"});
  const open = new Set();  // first faces of stacks of which all faces are shown
  const turn = (first) => {
    if (!open.delete(first)) open.add(first);
    show();
  };
  const grid = new Grid({make: tile(id, turn), id: (face) => face.face,
    same: (a, b) => a.probability === b.probability && a.others.length === b.others.length && a.closes === b.closes, label: text.one.order, tall: 0,
    open: (face) => { location.hash = `#/photo/${face.photo}/${id}`; }, changed: showBar});
  const none = h("div");
  main.append(heading, tools, grid.element, none);

  // A stack is meant with all its faces.
  const facesOf = (tiles) => tiles.flatMap((face) => [face.face, ...face.others]);
  const chosen = () => facesOf(grid.meant());
  const acts = {
    n: () => nameThem([person]).then(load),
    h: () => setHidden([person], !person.hidden).then(load),
    m: () => (grid.selection().length > 0 ? moveFaces(chosen(), person) : mergeWithOther(person)).then(load),
    s: () => say("split", {person: id, faces: chosen()}, text.said.split(chosen().length)),
    r: () => say("reject", {faces: chosen()}, text.said.reject(chosen().length, call(person))),
    w: () => grid.selection().length === 2 && showWhy(...grid.selection().map((face) => face.face)),
  };
  async function say(kind, values, message) {
    if (values.faces.length > 0 && await edit(kind, values, [id], message)) {
      grid.clear();
      await load();
    }
  }
  function showBar() {
    const faces = grid.selection();
    if (faces.length === 0) return bar.hide();
    bar.show(h("span", {role: "status"}, text.one.chosen(facesOf(faces).length)),
      button(text.one.move, acts.m, {letter: "m"}),
      button(text.one.split, acts.s, {letter: "s", title: text.one.splitTitle}),
      button(text.one.reject(call(person)), acts.r, {letter: "r", title: text.one.rejectTitle}),
      button(text.one.why, acts.w, {letter: "w", disabled: faces.length !== 2, title: faces.length === 2 ? null : text.one.whyTitle}),
      button(text.people.clear, () => grid.clear()));
  }

  function show() {
    const doubts = person.faces.filter(isDoubtful).length;
    const who = call(person);
    document.title = `${who} – ${text.title}`;
    put(heading, h("h1", {}, name(who)),
      h("span", {class: "pale"}, [person.name ? text.one.number(id) : null, text.faces(person.face_count),
        person.hidden ? text.one.hidden : null].filter(Boolean).join(", ")),
      doubts > 0 ? h("span", {class: "warn"}, text.one.doubts(doubts)) : null);
    put(tools, button(person.name ? text.people.rename(who) : text.people.addName, acts.n, {letter: "n"}),
      button(text.merging.into, () => mergeWithOther(person).then(load), {letter: "m"}),
      button(person.hidden ? text.people.unhide : text.people.hide, acts.h, {letter: "h"}),
      h("span", {class: "spring"}),
      chooser(text.one.order, {typical: text.one.typical, doubtful: text.one.doubtful}, order,
        (value) => { order = value; show(); }));
    put(none, person.faces.length > 0 ? null : empty(text.one.none));
    const stacks = stacksOf(person.faces, open);
    const faces = order === "typical" ? stacks
      : [...stacks].reverse().sort((a, b) => (a.probability ?? 2) - (b.probability ?? 2));
    grid.show(faces);
  }

  let latest = 0;
  async function load() {
    const turn = ++latest;
    try {
      const answer = await get(`people/${id}`);
      if (turn !== latest) return;
      person = answer;
      show();
    } catch (refused) {
      if (turn !== latest) return;
      grid.show([]);
      put(tools);
      const into = refused.answer?.merged_into;
      put(heading, h("h1", {}, text.one.gone(id)),
        into ? h("p", {}, `${text.one.mergedInto} `, h("a", {href: `#/person/${into}`}, name(store.call(into)))) : null);
    }
  }
  grid.start();
  await load();
  const changed = () => {
    if (!person || store.people.get(id)?.state !== person.state) load();
  };
  store.listeners.add(changed);
  return {
    title: person ? call(person) : text.one.gone(id),
    refresh: load,
    key(letter) {
      if (!person) return false;
      if (letter === "Escape") grid.selection().length > 0 ? grid.clear() : location.hash = "#/people";
      else if (letter.startsWith("Arrow")) grid.focus();
      else if (acts[letter]) acts[letter]();
      else return false;
      return true;
    },
    close() { grid.stop(); store.listeners.delete(changed); bar.hide(); },
  };
}
