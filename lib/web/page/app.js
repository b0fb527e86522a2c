// Which part of the page is shown, and the keys that work everywhere.
import {listen, store, takeSecret, undoLast} from "./api.js";
import {bar, byId, empty, h, isTyping, say} from "./dom.js";
import {showKeys} from "./dialogs.js";
import {logView} from "./views/log.js";
import {peopleView} from "./views/people.js";
import {personView} from "./views/person.js";
import {photoView} from "./views/photo.js";
import {reviewView} from "./views/review.js";
import {searchView} from "./views/search.js";
import {text} from "./text.js";

const views = {people: peopleView, person: personView, photo: photoView, review: reviewView, search: searchView, log: logView};
const parts = ["people", "review", "search", "log"];
let view = null;
let turn = 0;

function header() {
  byId("skip").textContent = text.skip;
  byId("skip").addEventListener("click", (event) => { event.preventDefault(); byId("main").focus(); });
  byId("header").append(h("a", {class: "brand", href: "#/people"}, text.title),
    h("nav", {"aria-label": text.nav.label}, parts.map((part) => h("a", {href: `#/${part}`, "data-part": part}, text.nav[part]))),
    h("span", {class: "live", id: "live"}),
    h("button", {type: "button", class: "plain", onclick: showKeys}, text.nav.help));
}

async function show() {
  const mine = ++turn;
  const [part, ...words] = location.hash.replace(/^#\/?/, "").split("/");
  const make = views[part] ?? peopleView;
  view?.close();
  view = null;
  bar.hide();
  const main = byId("main");
  main.replaceChildren();
  for (const link of document.querySelectorAll("header nav a")) {
    const is = link.dataset.part === part || (!views[part] && link.dataset.part === "people");
    if (is) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  scrollTo(0, 0);
  let made;
  try {
    made = await make(main, words);
  } catch (refused) {
    if (mine === turn) main.replaceChildren(empty(refused.message));
    return;
  }
  if (mine !== turn) return made.close();
  view = made;
  document.title = `${view.title} – ${text.title}`;
}

let before = "";
function onKey(event) {
  if (isTyping(event) || document.querySelector("dialog[open]")) return;
  const letter = event.key;
  const target = {p: "people", r: "review", s: "search", l: "log"}[letter];
  if (before === "g" && target) location.hash = `#/${target}`;
  else if (letter === "?") showKeys();
  else if (letter === "z") undoLast().then(() => view?.refresh?.());
  else if (letter === "g") { before = "g"; setTimeout(() => { before = ""; }, 1000); return; }
  else if (!view?.key(letter)) return;
  before = "";
  event.preventDefault();
}

// What others have changed is fetched at most once a second.
let fetching = false, again = false;
async function refresh(event) {
  if (fetching) { again = true; return; }
  fetching = true;
  try {
    if (event.version !== store.version) await store.catchUp();
    await view?.refresh?.();
  } catch (refused) {
    say(text.failed(refused.message));
  }
  setTimeout(() => {
    fetching = false;
    if (again) { again = false; refresh({version: -1}); }
  }, 1000);
}

const askForLink = () => byId("main").replaceChildren(empty(text.noSecret.heading, text.noSecret.body));

async function start() {
  header();
  try {
    takeSecret();
    await store.load();
  } catch (refused) {
    if (refused.status === 403) askForLink();
    else byId("main").replaceChildren(empty(text.failed(refused.message)));
    return;
  }
  addEventListener("hashchange", show);
  addEventListener("keydown", onKey);
  await show();
  let trouble = null;
  listen((event) => {
    if (event.trouble && event.trouble !== trouble) say(text.trouble(event.trouble));
    trouble = event.trouble;
    byId("live").textContent = trouble ? text.live.trouble : text.live.on;
    refresh(event);
  }, (is) => { if (!is) byId("live").textContent = text.live.off; }, () => {
    view?.close();
    view = null;
    removeEventListener("hashchange", show);
    askForLink();
  });
}

start();
