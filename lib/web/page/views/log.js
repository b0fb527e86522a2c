// All that was said, the newest first, each with an undo.
import {get, store, undoFact} from "../api.js";
import {button, empty, h} from "../dom.js";
import {text} from "../text.js";

function words(fact) {
  const describe = text.log.kinds[fact.kind];
  if (!describe) return fact.text;
  const isNaming = fact.kind === "name";  // who they were before
  return describe({name: fact.name, who: isNaming ? text.person(fact.person) : fact.person ? store.call(fact.person) : "", other: fact.other_person ? store.call(fact.other_person) : "",
    given: fact.given_face_count, undoes: fact.undoes});
}

export async function logView(main) {
  const list = h("ul", {class: "log"});
  const more = h("div", {class: "answers"});
  main.append(h("div", {class: "heading"}, h("h1", {}, text.log.heading)), list, more);
  let count = 100;

  async function load() {
    const answer = await get(`log?limit=${Math.min(count, 1000)}`);
    list.replaceChildren(...answer.facts.map((fact) => {
      const what = words(fact);
      const when = new Date(fact.time);
      return h("li", {class: fact.undone_by ? "undone" : null},
        h("time", {datetime: fact.time}, isNaN(when) ? fact.time : when.toLocaleString(text.locale)),
        h("span", {class: "pale"}, `${fact.fact}`), h("span", {class: "what"}, what),
        fact.undone_by ? h("span", {class: "pale"}, text.log.undone)
          : h("button", {type: "button", "aria-label": text.log.undoOf(what), onclick: () => undoFact(fact.fact).then(load)}, text.log.undo));
    }));
    if (answer.facts.length === 0) list.replaceChildren(h("li", {}, empty(text.log.empty)));
    more.replaceChildren(...answer.more && count < 1000 ? [button(text.log.more, () => { count += 300; load(); })] : []);
  }
  await load();
  return {title: text.log.heading, refresh: load, key: () => false, close() {}};
}
