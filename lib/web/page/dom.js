// Small helpers: elements, messages.
import {text} from "./text.js";

// h("button", {class: "main", onclick: f, "aria-label": "x"}, "text", child): an element. Text is never
// taken for HTML.
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

// In place of what is in the element.
export const put = (element, ...children) => element.replaceChildren(...children.flat().filter((child) => child !== null && child !== undefined));

export const byId = (id) => document.getElementById(id);

// Letters without their marks and capitals: "jurgen" finds Jürgen.
export const plain = (word) => word.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

// A name that may be in any script, among other words.
export const name = (word) => h("bdi", {}, word);

let timer = 0;
// Says something for a while; `action` is {label, run}.
export function say(message, action) {
  const box = h("div", {}, h("span", {}, message));
  if (action)
    box.append(h("button", {type: "button", onclick: () => { byId("toast").replaceChildren(); action.run(); }}, action.label));
  byId("toast").replaceChildren(box);
  clearTimeout(timer);
  timer = setTimeout(() => byId("toast").replaceChildren(), action ? 9000 : 5000);
}

// Takes back what it says now.
export const hush = () => byId("toast").replaceChildren();

export const isTyping = (event) => event.target.matches?.("input[type=text], input[type=search], select, textarea") ||
  event.ctrlKey || event.metaKey || event.altKey;

// The choices of a <select> from {value: label}.
export const choices = (labels, chosen) =>
  Object.entries(labels).map(([value, label]) => h("option", {value, selected: value === chosen}, label));

// A <select> with its label.
export function chooser(label, labels, chosen, change) {
  const select = h("select", {"aria-label": label, onchange: () => change(select.value)}, choices(labels, chosen));
  return h("label", {}, h("span", {class: "pale"}, label), select);
}

export const bar = {
  show(...children) { byId("bar").replaceChildren(...children); byId("bar").hidden = false; },
  hide() { byId("bar").hidden = true; byId("bar").replaceChildren(); },
};

export const key = (letter) => h("kbd", {"aria-hidden": "true"}, letter);
export const button = (label, run, {letter, main, disabled, title} = {}) =>
  h("button", {type: "button", class: main ? "main" : null, onclick: run, disabled, title},
    label, letter ? " " : null, letter ? key(letter) : null);

export const empty = (...lines) => h("div", {class: "empty"}, lines.map((line) => h("p", {}, line)));
export const call = (person) => person.name ?? text.person(person.person);
