// One person: all faces, to be looked through and put right.
import {edit, get, picture, store} from "../api.js";
import {bar, button, call, chooser, empty, h, name, put} from "../dom.js";
import {mergeWithOther, moveFaces, nameThem, setHidden} from "../dialogs.js";
import {Grid} from "../grid.js";
import {text} from "../text.js";
import {showWhy} from "./why.js";

function tile(id) {
  return (face, toggle) => {
    const badge = face.probability !== undefined ? h("span", {class: "badge", title: text.one.doubtTitle(face.probability)}, text.one.doubt)
      : face.recognisable === false ? h("span", {class: "badge", title: text.one.weakTitle}, text.one.weak) : null;
    return h("div", {class: "card"},
      h("a", {class: "look", href: `#/photo/${face.photo}/${id}`, "aria-label": text.one.photoOf(face.face)}, picture(face.face)),
      h("button", {type: "button", class: "choose", "aria-pressed": "false", "aria-label": text.one.choose(face.face), onclick: toggle}),
      badge);
  };
}

export async function personView(main, words) {
  const id = Number(words[0]);
  let order = "typical";
  let person = null;
  const heading = h("div", {class: "heading"});
  const tools = h("div", {class: "tools"});
  const grid = new Grid({make: tile(id), id: (face) => face.face, same: (a, b) => a.probability === b.probability, label: text.one.order, tall: 0,
    open: (face) => { location.hash = `#/photo/${face.photo}/${id}`; }, changed: showBar});
  const none = h("div");
  main.append(heading, tools, grid.element, none);

  const isDoubtful = (face) => face.probability !== undefined;
  const chosen = () => grid.meant().map((face) => face.face);
  const acts = {
    n: () => nameThem([person]).then(load),
    h: () => setHidden([person], !person.hidden).then(load),
    m: () => (grid.selection().length > 0 ? moveFaces(chosen(), person) : mergeWithOther(person)).then(load),
    s: () => say("split", {person: id, faces: chosen()}, text.said.split(chosen().length)),
    r: () => say("reject", {faces: chosen()}, text.said.reject(chosen().length, call(person))),
    w: () => grid.selection().length === 2 && showWhy(...chosen()),
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
    bar.show(h("span", {role: "status"}, text.one.chosen(faces.length)),
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
    const faces = order === "typical" ? person.faces
      : [...person.faces].reverse().sort((a, b) => (a.probability ?? 2) - (b.probability ?? 2));
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
