// Everybody: a grid of faces with names under them.
import {picture, store} from "../api.js";
import {bar, button, call, chooser, empty, h, name, plain} from "../dom.js";
import {giveName, merge, nameField, nameThem, setHidden} from "../dialogs.js";
import {Grid} from "../grid.js";
import {text} from "../text.js";

const settings = {filter: "", sort: "size", show: "all"};

const belongs = {
  all: (person) => !person.hidden && person.recognisable,
  named: (person) => person.name && !person.hidden,
  unnamed: (person) => !person.name && !person.hidden && person.recognisable,
  hidden: (person) => person.hidden,
  weak: (person) => !person.recognisable,
};
const orders = {
  size: (a, b) => b.face_count - a.face_count || a.person - b.person,
  name: (a, b) => (a.name === null) - (b.name === null) || (a.name ?? "").localeCompare(b.name ?? "") || orders.size(a, b),
  newest: (a, b) => b.person - a.person,
};

function shown() {
  const words = plain(settings.filter).split(/\s+/).filter(Boolean);
  return [...store.people.values()]
    .filter(belongs[settings.show])
    .filter((person) => words.every((word) => plain(call(person)).includes(word)))
    .sort(orders[settings.sort]);
}

// The name under a face: a button that becomes a field. From there Tab leads to the next one's.
function nameLine(person) {
  const line = h("div");
  const rest = () => {
    line.replaceChildren(h("button", {type: "button", class: person.name ? "name" : "name unnamed",
      "aria-label": person.name ? text.people.rename(person.name) : `${text.people.addName}: ${call(person)}`, onclick: write},
    person.name ? name(person.name) : text.people.addName));
  };
  const write = () => {
    const {field, names} = nameField(text.people.nameOf(call(person)), person.name ?? "");
    field.className = "name-field";
    let over = false;
    const end = async (save) => {
      if (over) return;
      over = true;
      const given = field.value;
      const link = line.closest(".tile")?.querySelector(".look");
      rest();
      link?.focus({preventScroll: true});
      if (save) await giveName(person, given);
    };
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") end(true);
      if (event.key === "Escape") end(false);
      if (event.key === "Tab") {
        const tile = line.closest(".tile");
        const other = event.shiftKey ? tile.previousElementSibling : tile.nextElementSibling;
        event.preventDefault();
        end(field.value.trim() !== "");
        other?.querySelector(".name")?.click();
        other?.scrollIntoView({block: "nearest"});
      }
      event.stopPropagation();
    });
    field.addEventListener("blur", () => end(field.value.trim() !== ""));
    line.replaceChildren(field, names);
    field.focus();
    field.select();
  };
  rest();
  return line;
}

function tile(person, toggle) {
  const who = call(person);
  return h("div", {class: "card"},
    h("a", {class: "look", href: `#/person/${person.person}`, "aria-label": text.people.open(who, person.face_count)}, picture(person.cover)),
    h("button", {type: "button", class: "choose", "aria-pressed": "false", "aria-label": text.people.choose(who), onclick: toggle}),
    nameLine(person),
    h("span", {class: "count pale"}, text.people.below(person)));
}

export function peopleView(main) {
  const count = h("span", {class: "pale", role: "status"});
  const filter = h("input", {type: "search", value: settings.filter, placeholder: text.people.filterHint, "aria-label": text.people.filter,
    oninput: () => { settings.filter = filter.value; update(); }});
  const grid = new Grid({make: tile, id: (person) => person.person, same: (a, b) => a.state === b.state && a.cover === b.cover, label: text.people.heading, tall: 62,
    open: (person) => { location.hash = `#/person/${person.person}`; }, changed: showBar,
    join: (people, onto) => merge([onto, ...people]).then(done)});
  const nobody = h("div");

  const acts = {
    n: () => grid.meant().length > 0 && nameThem(grid.meant()).then(done),
    m: () => grid.meant().length > 1 && merge(grid.meant()).then(done),
    h: () => grid.meant().length > 0 && setHidden(grid.meant(), grid.meant().some((person) => !person.hidden)).then(done),
  };
  function done(was) {
    if (was) grid.clear();
  }
  function showBar() {
    const chosen = grid.selection();
    if (chosen.length === 0) return bar.hide();
    const hidden = chosen.every((person) => person.hidden);
    bar.show(h("span", {role: "status"}, text.people.chosen(chosen.length)),
      button(text.people.name, acts.n, {letter: "n"}),
      button(text.people.merge, acts.m, {letter: "m", disabled: chosen.length < 2}),
      button(hidden ? text.people.unhide : text.people.hide, acts.h, {letter: "h"}),
      button(text.people.clear, () => grid.clear()));
  }
  function update() {
    const people = shown();
    count.textContent = text.people.count(people.length, store.photoCount);
    grid.show(people);
    nobody.replaceChildren(...people.length > 0 ? [] : [empty(store.people.size > 0 ? text.people.empty : text.people.emptyCatalog)]);
  }

  main.append(h("div", {class: "heading"}, h("h1", {}, text.people.heading), count),
    h("div", {class: "tools"}, filter,
      chooser(text.people.show, text.people.shows, settings.show, (value) => { settings.show = value; grid.clear(); update(); }),
      chooser(text.people.sort, text.people.sorts, settings.sort, (value) => { settings.sort = value; update(); })),
    grid.element, nobody);
  grid.start();
  update();
  store.listeners.add(update);
  return {
    title: text.people.heading,
    key(letter) {
      if (letter === "/") { filter.focus(); filter.select(); }
      else if (letter === "Escape") grid.clear();
      else if (letter.startsWith("Arrow")) grid.focus();
      else return acts[letter]?.() !== undefined;
      return true;
    },
    close() { grid.stop(); store.listeners.delete(update); bar.hide(); },
  };
}
