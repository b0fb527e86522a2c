// What facenet serve knows and does: requests, everybody's state, edits and their undoing, pictures.
import {call, say} from "./dom.js";
import {text} from "./text.js";

export class Refused extends Error {
  constructor(status, answer) {
    super(answer.error ?? `${status}`);
    this.status = status;
    this.answer = answer;
  }
}

let secret = "";

// The link's secret, which goes with each request; the address bar forgets it. Other tabs of this page
// find it where the browser keeps it for this address and port alone. A tab that is open when facenet serve
// starts anew begins anew once it has the new link, or another tab has.
export function takeSecret() {
  const given = () => new URLSearchParams(location.hash.slice(1)).get("t");
  if (given()) {
    localStorage.setItem("secret", given());
    history.replaceState(null, "", location.pathname);
  }
  secret = localStorage.getItem("secret") ?? "";
  addEventListener("hashchange", () => given() && location.reload());
  addEventListener("storage", (event) => event.key === "secret" && location.reload());
}

const request = (path, options = {}) =>
  fetch(path, {credentials: "omit", headers: {Authorization: `Bearer ${secret}`}, ...options});

async function ask(path, options = {}) {
  let response;
  try {
    response = await request(path, options);
  } catch {
    throw new Refused(0, {error: text.notReached});
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(response.status, answer);
  return answer;
}

export const get = (path) => ask(`/api/${path}`);
const post = (path, body) => ask(`/api/${path}`, {method: "POST", body});

export const search = (file) => post("search", file);

// Everybody, by number; those who are gone are not there.
export const store = {
  people: new Map(),
  photoCount: 0,
  faceCount: 0,
  version: 0,
  hasAll: false,
  lost: null,  // how many facts of all that were said since facenet serve was started are no longer there
  listeners: new Set(),

  // The first ones are there before all are, where there are many.
  async load() {
    if (this.people.size === 0) {
      const first = await get("people?limit=300");
      this.set(first);
      this.hasAll = first.people.length === first.people_count;
      if (!this.hasAll)
        setTimeout(() => this.loadAll().catch((refused) => say(text.failed(refused.message))), 500);
    } else {
      await this.loadAll();
    }
  },
  async loadAll() {
    let answer;
    do answer = await get("people");
    while (answer.version < this.version);  // something was said meanwhile
    this.set(answer);
    this.hasAll = true;
  },
  // What has changed since.
  async catchUp() {
    if (!this.hasAll) return this.load();
    const answer = await get(`people?since=${this.version}`);
    if (answer.since === null) return this.set(answer);
    if (answer.version < this.version) return;  // the answer to an edit was faster
    this.count(answer);
    this.take(answer.people);
  },
  set(answer) {
    this.people = new Map(answer.people.map((person) => [person.person, person]));
    this.count(answer);
    this.tell();
  },
  count(answer) {
    this.photoCount = answer.photo_count;
    this.faceCount = answer.face_count;
    this.version = answer.version;
  },
  take(summaries) {
    for (const person of summaries)
      if (person.gone) this.people.delete(person.person);
      else this.people.set(person.person, person);
    this.tell();
  },
  tell() { for (const listener of this.listeners) listener(); },
  call(id) { return this.people.has(id) ? call(this.people.get(id)) : text.person(id); },
  named() { return [...this.people.values()].filter((person) => person.name); },
  // By name but for capitals, or by number.
  find(word) {
    const wanted = word.trim().toLowerCase();
    const number = Number(wanted);
    if (Number.isInteger(number) && this.people.has(number)) return this.people.get(number);
    const named = this.named();
    return named.find((person) => person.name === word.trim()) ??
      named.find((person) => person.name.toLowerCase() === wanted);
  },
};

const done = [];  // facts of this tab's edits, the last one last

// Says something. `about`: the numbers of the people whom it is about, as they stand on the screen.
// Returns the answer; null when somebody else was faster, or it was refused, which is said.
export async function edit(kind, values, about, message) {
  const seen = {};
  for (const id of about) if (store.people.has(id)) seen[id] = store.people.get(id).state;
  try {
    const answer = await post("edits", JSON.stringify({kind, ...values, seen}));
    if (answer.version === store.version + 1) store.version = answer.version;  // else others said something, too
    store.take(answer.people);
    if (kind === "undo") return answer;
    if (answer.facts.length > 0) done.push(answer.facts);
    const words = [typeof message === "function" ? message(answer) : message, ...answer.warnings];
    if (message) say(words.join(" "), answer.facts.length > 0 ? {label: text.undo, run: undoLast} : null);
    return answer;
  } catch (refused) {
    if (refused.status === 409) {
      store.take(refused.answer.changed);
      say(text.stale);
    } else {
      say(text.failed(refused.message));
    }
    return null;
  }
}

export async function undoFact(fact) {
  const answer = await edit("undo", {fact}, []);
  if (answer) say([text.undone, ...answer.warnings].join(" "));
  return answer;
}

// Takes back what this tab did last: all facts of that edit, the last first.
export async function undoLast() {
  const facts = done.pop();
  if (!facts) {
    say(text.nothingToUndo);
    return;
  }
  for (const fact of [...facts].reverse())
    if (!await undoFact(fact)) return;
}

// What is lost by an earlier copy of the catalog cannot be undone here.
function noteLost(lost) {
  if (store.lost !== null && lost > store.lost) {
    done.length = 0;
    say(text.lost(lost - store.lost));
  }
  store.lost = lost;
}

// Calls heard(event) for each event that comes, as long as they come.
async function follow(signal, heard) {
  const response = await request("/api/events", {signal});
  if (!response.ok) throw new Refused(response.status, {});
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const {value, done} = await reader.read();
    if (done) return;
    const events = (rest + value).split("\n\n");
    rest = events.pop();
    for (const event of events) if (event.startsWith("data: ")) heard(JSON.parse(event.slice(6)));
  }
}

// Calls `changed` with each event, `connected` with whether they come, and `refused` when they never will:
// another facenet serve answers at this address now. A tab that nobody sees does not listen: a browser opens
// few connections to one address, and each stream is one.
export function listen(changed, connected, refused) {
  let stop = null;
  const open = async () => {
    stop = new AbortController();
    const {signal} = stop;
    while (!signal.aborted) {
      const status = await follow(signal, (event) => {
        connected(true);
        noteLost(event.lost_fact_count);
        changed(event);
      }).catch((failure) => failure.status);
      if (signal.aborted) return;
      if (status === 403) return refused();
      connected(false);
      await new Promise((resolve) => setTimeout(resolve, 3000));
    }
  };
  const close = () => { stop?.abort(); stop = null; };
  document.addEventListener("visibilitychange", () => document.hidden ? close() : stop ?? open());
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => event.persisted && !stop && open());
  if (!document.hidden) open();
}

// Shows the picture of this address in the image.
export async function load(image, path) {
  const response = await request(path);
  if (!response.ok) throw new Refused(response.status, {});
  const address = URL.createObjectURL(await response.blob());
  try {
    image.src = address;
    await image.decode();
  } finally {
    URL.revokeObjectURL(address);
  }
}

// Pictures, a few at a time, so that an edit never waits behind them: first what is seen, from the top, then
// what is near, then what is not shown yet.
const waiting = new Set();
let loading = 0;
const kLoading = 4, kLongestPause = 5000;

function mostWanted() {
  let best = null, least = Infinity;
  for (const job of waiting) {
    if (!job.image.isConnected) {
      waiting.delete(job);  // scrolled away meanwhile
      continue;
    }
    const {top, bottom, width} = job.image.parentElement.getBoundingClientRect();
    const away = width === 0 ? Number.MAX_VALUE : bottom < 0 ? innerHeight - bottom : top;
    if (away < least) [best, least] = [job, away];
  }
  return best;
}

function next() {
  while (loading < kLoading) {
    const job = mostWanted();
    if (!job) return;
    waiting.delete(job);
    ++loading;
    load(job.image, job.path).then(() => { job.image.hidden = false; }, (failure) => {
      if (failure.status === 404 || failure.name === "EncodingError") job.image.replaceWith(text.noPicture);
      else setTimeout(() => { waiting.add({...job, pause: Math.min(2 * job.pause, kLongestPause)}); next(); }, job.pause);
    }).finally(() => { --loading; next(); });
  }
}

// A square that shows the face as soon as its picture is there.
export function picture(face, alt = "") {
  const frame = document.createElement("span");
  frame.className = "face";
  if (!face) {
    frame.append(text.noPicture);
    return frame;
  }
  const image = new Image();
  image.alt = alt;
  image.hidden = true;
  image.decoding = "async";
  frame.append(image);
  waiting.add({image, pause: 400, path: `/api/faces/${face}/picture`});
  queueMicrotask(next);
  return frame;
}
