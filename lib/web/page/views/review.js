// One question a screen: are these two the same person?
import {edit, get, picture, store, undoFact} from "../api.js";
import {button, call, empty, h, name, put, say} from "../dom.js";
import {text} from "../text.js";

const skipped = new Set();   // pairs, as long as the page is open
const given = [];            // {pair, fact, settled} of answers, the last one last
let settled = 0;
let lost = null;             // as the store's when these were given
const kAhead = 3;            // questions whose pictures are fetched before they are asked

function side(person) {
  return h("section", {class: "side"},
    h("h2", {}, h("a", {href: `#/person/${person.person}`}, name(call(person))), " ",
      h("span", {class: "pale"}, text.faces(person.face_count))),
    h("div", {class: "row"}, person.faces.map((face) => picture(face, text.one.photoOf(face)))));
}

const isSame = (one, other) => one?.pair === other.pair && one.a.state === other.a.state && one.b.state === other.b.state;

export async function reviewView(main) {
  let queue = [];
  let current = null;
  let busy = false;
  const progress = h("span", {class: "pale", role: "status"});
  const stage = h("div", {class: "question"});
  const coming = h("div", {hidden: true});
  let ready = [];  // {pair, sides} of the next ones, whose pictures are fetched already
  main.append(h("div", {class: "heading"}, h("h1", {}, text.review.heading), progress), stage, coming);

  function sidesOf(pair) {
    return ready.find((one) => isSame(one.pair, pair))?.sides ?? [side(pair.a), side(pair.b)];
  }
  function prepare() {
    ready = queue.slice(1, 1 + kAhead).map((pair) => ({pair, sides: sidesOf(pair)}));
    coming.replaceChildren(...ready.flatMap((one) => one.sides));
  }

  function show(pairCount, reason) {
    current = queue[0] ?? null;
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
    put(stage, ...sidesOf(current),
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
    if (lost !== store.lost) {  // with other answers, perhaps these
      if (lost !== null) given.length = settled = 0;
      lost = store.lost;
    }
    const answered = new Set(given.map((one) => one.pair));
    const open = answer.pairs.filter((pair) => !answered.has(pair.pair));
    queue = open.filter((pair) => !skipped.has(pair.pair));
    const left = answer.pair_count - (answer.pairs.length - open.length);
    progress.textContent = [text.review.progress(given.length, settled), answer.reason ? null : text.review.left(left)]
      .filter(Boolean).join("; ");
    if (answer.pairs.length === 0 && !answer.is_current && !answer.reason) {
      current = null;
      put(stage, empty(text.review.waiting));
    } else if (!current || !queue[0] || !isSame(queue[0], current)) {
      show(left, answer.reason);
    }
    prepare();
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
