// One question a screen: are these two the same person?
import {edit, get, picture, store, undoFact} from "../api.js";
import {button, call, empty, h, name, put, say} from "../dom.js";
import {text} from "../text.js";

const skipped = new Set();   // pairs, as long as the page is open
const given = [];            // {pair, fact, settled} of answers, the last one last
let settled = 0;

function side(person) {
  return h("section", {class: "side"},
    h("h2", {}, h("a", {href: `#/person/${person.person}`}, name(call(person))), " ",
      h("span", {class: "pale"}, text.faces(person.face_count))),
    h("div", {class: "row"}, person.faces.map((face) => picture(face, text.one.photoOf(face)))));
}

export async function reviewView(main) {
  let queue = [];
  let current = null;
  let busy = false;
  const progress = h("span", {class: "pale", role: "status"});
  const stage = h("div", {class: "question"});
  main.append(h("div", {class: "heading"}, h("h1", {}, text.review.heading), progress), stage);

  function show(pairCount, reason) {
    current = queue[0] ?? null;
    progress.textContent = `${text.review.progress(given.length, settled)}; ${text.review.left(pairCount)}`;
    if (!current) {
      put(stage, skipped.size > 0 && pairCount > 0
        ? h("div", {class: "empty"}, h("p", {}, text.review.skipped),
          button(text.review.again, () => { skipped.clear(); load(); }))
        : empty(reason ?? text.review.done));
      if (given.length > 0) stage.append(h("div", {class: "answers"}, button(text.review.undo, acts.u, {letter: "u"})));
      return;
    }
    const {a, b} = current;
    for (const person of [a, b]) store.people.set(person.person, {...store.people.get(person.person), ...person});
    put(stage, side(a), side(b),
      h("p", {class: "asked"}, text.review.question),
      h("div", {class: "answers", role: "group", "aria-label": text.review.question},
        button(text.review.yes, acts.y, {letter: "y", main: true}), button(text.review.no, acts.n, {letter: "n"}),
        button(text.review.skip, acts.s, {letter: "s"}),
        button(text.review.undo, acts.u, {letter: "u", disabled: given.length === 0})),
      h("p", {class: "pale"}, text.review.settles(current.settles, current.probability),
        current.departed_face_count > 0 ? ` ${text.review.departed(current.departed_face_count)}` : ""));
  }

  let latest = 0;
  async function load() {
    const turn = ++latest;
    const answer = await get("review?limit=200").catch((refused) => ({pairs: [], pair_count: 0, reason: refused.message}));
    if (turn !== latest) return;
    const answered = new Set(given.map((one) => one.pair));
    queue = answer.pairs.filter((pair) => !skipped.has(pair.pair) && !answered.has(pair.pair));
    const same = current && queue[0]?.pair === current.pair && queue[0].a.state === current.a.state && queue[0].b.state === current.b.state;
    if (answer.pairs.length === 0 && !answer.is_current && !answer.reason) put(stage, empty(text.review.waiting));
    else if (!same || stage.children.length === 0) show(answer.pair_count, answer.reason);
  }

  async function reply(same) {
    if (!current || busy) return;
    busy = true;
    const pair = current;
    const answer = await edit("answer", {pair: pair.pair, same}, [pair.a.person, pair.b.person]);
    if (answer?.facts.length > 0) {
      given.push({pair: pair.pair, fact: answer.facts.at(-1), settled: answer.settled_face_count});
      settled += answer.settled_face_count;
      if (answer.warnings.length > 0) say(answer.warnings.join(" "));
    } else {
      skipped.add(pair.pair);
    }
    await load();
    busy = false;
  }
  const acts = {
    y: () => reply(true),
    n: () => reply(false),
    s: () => {
      if (!current || busy) return;
      skipped.add(current.pair);
      load();
    },
    u: async () => {
      const last = given.at(-1);
      if (!last || busy) return;
      busy = true;
      if (await undoFact(last.fact)) {
        given.pop();
        settled -= last.settled;
      }
      await load();
      busy = false;
    },
  };
  put(stage, empty(text.review.waiting));
  await load();
  return {
    title: text.review.heading,
    refresh: () => { if (!busy) load(); },
    key(letter) {
      acts[letter]?.();
      return letter in acts;
    },
    close() { ++latest; },
  };
}
