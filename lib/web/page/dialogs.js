// Questions to answer before something is said.
import {edit, store} from "./api.js";
import {button, call, h, say} from "./dom.js";
import {text} from "./text.js";

// Shows a dialog until it is closed, by a button too: `content(close)` makes what is in it. Resolves to
// what close() was given, null for Escape.
export function ask(heading, content) {
  return new Promise((resolve) => {
    let result = null;
    const before = document.activeElement;
    const dialog = h("dialog", {"aria-labelledby": "dialog-heading"});
    const close = (value = null) => { result = value; dialog.close(); };
    dialog.append(h("h2", {id: "dialog-heading"}, heading), ...content(close));
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (before?.isConnected) before.focus({preventScroll: true});
      resolve(result);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

const actions = (...buttons) => h("div", {class: "actions"}, buttons);

// A field that offers the names there are.
export function nameField(label, value = "") {
  const id = `names-${Math.random().toString(36).slice(2)}`;
  const field = h("input", {type: "text", value, list: id, autocomplete: "off", "aria-label": label, spellcheck: "false"});
  const names = h("datalist", {id}, store.named().map((person) => h("option", {value: person.name})));
  return {field, names};
}

function askForName(heading, label, save, help) {
  return ask(heading, (close) => {
    const {field, names} = nameField(label);
    const form = h("form", {method: "dialog", onsubmit: (event) => {
      event.preventDefault();
      if (field.value.trim()) close(field.value.trim());
    }}, field, names, help ? h("p", {class: "pale"}, help) : null,
    actions(button(text.cancel, () => close()), h("button", {class: "main"}, save)));
    queueMicrotask(() => field.focus());
    return [form];
  });
}

// Two names, or one name twice: which person is it?
export function askWhichStays(people) {
  const named = people.filter((person) => person.name);
  if (named.length <= 1) {
    const biggest = [...people].sort((a, b) => b.face_count - a.face_count)[0];
    return Promise.resolve(named[0] ?? biggest);
  }
  return ask(text.merging.keep, (close) =>
    [actions(...named.map((person) => button(person.name, () => close(person))), button(text.cancel, () => close()))]);
}

// Makes one person of these. True when it was done.
export async function merge(people) {
  const kept = await askWhichStays(people);
  if (!kept) return false;
  const sum = people.reduce((count, person) => count + person.face_count, 0);
  const sure = await ask(text.merging.heading, (close) => [h("p", {}, text.merging.body(call(kept), sum)),
    actions(button(text.cancel, () => close(false)), mainButton(text.merging.yes, () => close(true)))]);
  if (!sure) return false;
  return mergeInto(kept, people);
}

function mainButton(label, run) {
  const element = button(label, run, {main: true});
  queueMicrotask(() => element.focus());
  return element;
}

async function mergeInto(kept, people) {
  const others = people.map((person) => person.person).filter((id) => id !== kept.person);
  const answer = await edit("merge", {person: kept.person, others}, [kept.person, ...others], text.said.merge(call(kept)));
  return answer !== null;
}

// Gives a person this name; of a name that is there already it asks whether the two are one.
export async function giveName(person, given) {
  const name = given.trim();
  if (name === (person.name ?? "")) return true;
  const taken = name ? store.named().find((other) => other.name.toLowerCase() === name.toLowerCase()) : null;
  if (taken && taken.person !== person.person) {
    const same = await ask(text.naming.label, (close) => [h("p", {}, text.naming.taken(taken.name, taken.face_count)),
      actions(button(text.naming.another, () => close(false)), mainButton(text.naming.mergeInto(taken.name), () => close(true)))]);
    if (same) return mergeInto(taken, [taken, person]);
    if (same === false) say(text.naming.pickAnother(taken.name));
    return false;
  }
  return await edit("name", {person: person.person, name}, [person.person], text.said.name(name)) !== null;
}

// Names one person, or several as one.
export async function nameThem(people) {
  const name = await askForName(text.naming.heading(people.length), text.naming.label, text.naming.save);
  if (!name) return false;
  if (people.length > 1) {
    const kept = await askWhichStays(people);
    if (!kept || !await mergeInto(kept, people)) return false;
    return giveName(store.people.get(kept.person), name);
  }
  return giveName(people[0], name);
}

export async function mergeWithOther(person) {
  const word = await askForName(text.merging.who, text.merging.whoLabel, text.merging.yes);
  if (!word) return false;
  const other = store.find(word);
  if (!other || other.person === person.person) {
    say(text.merging.nobody(word));
    return false;
  }
  return merge([person, other]);
}

export async function setHidden(people, hidden) {
  const numbers = people.map((person) => person.person);
  const message = (hidden ? text.said.hide : text.said.unhide)(people.length);
  return await edit(hidden ? "hide" : "unhide", {people: numbers}, numbers, message) !== null;
}

// Moves faces of a person to whoever is named.
export async function moveFaces(faces, person) {
  const word = await askForName(text.moving.heading(faces.length), text.moving.label, text.moving.save, text.moving.help);
  if (!word) return false;
  const other = store.find(word);
  const values = other ? {faces, person: other.person} : {faces, name: word};
  const about = other ? [person.person, other.person] : [person.person];
  return await edit("move", values, about, text.said.move(faces.length, other ? call(other) : word)) !== null;
}

export const showKeys = () => ask(text.keys.heading, (close) => [
  h("dl", {class: "keys"}, text.keys.list.map(([keys, what]) => [h("dt", {}, h("kbd", {}, keys)), h("dd", {}, what)])),
  actions(mainButton(text.close, () => close()))]);
