// Uses `facenet serve` as people do: by mouse and keyboard, in two tabs, with the command line beside it.
//
//     node use.cjs CHROMIUM NODE_MODULES LINK FACENET CATALOG PHOTO [SCREENSHOTS]
//
// PHOTO is of somebody whom the catalog knows. Everything is checked in what the page shows and in what
// `facenet people` says afterwards. No script may fail or be refused, nothing may reach over the side, and
// axe-core must find nothing, light and dark. Exit status 1, and a line each on stdout, when something is wrong.
"use strict";
const {execFileSync, spawn} = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

const [chromium, modules, link, facenet, catalog, photo, screenshots] = process.argv.slice(2);
const puppeteer = require(path.join(modules, "puppeteer-core"));
const axe = fs.readFileSync(path.join(modules, "axe-core", "axe.min.js"), "utf8");
const kPatience = 600000;  // ms: longer than a busy machine takes
const kEvil = `<img src=x onerror=alert(1)> "'&`;
const trouble = [];
let step = "start";
const check = (is, what) => { if (!is) trouble.push(`${step}: ${what}`); };

const run = (...words) => execFileSync(facenet, [...words, "--catalog", catalog, "-q"], {encoding: "utf8"});
const people = () => JSON.parse(run("people", "list", "--all", "--json")).people;
const named = (name) => people().find((person) => person.name === name);

async function open(browser) {
  const page = await browser.newPage();
  await page.setViewport({width: 1200, height: 800});
  const complain = (what) => trouble.push(`${step}: ${what}`);
  page.on("console", (message) => {
    if (!/status of (404|409)/.test(message.text())) complain(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => complain(`script: ${error.message}`));
  page.on("dialog", (dialog) => { complain(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => {
    if (!request.url().startsWith(new URL(link).origin) && !/^blob:/.test(request.url())) complain(`loads ${request.url()}`);
  });
  page.setDefaultTimeout(kPatience);
  // What the page said for a while: also to who comes to look too late.
  await page.evaluateOnNewDocument(() => {
    window.said = [];
    new MutationObserver((changes) => changes.filter((change) => change.target.id === "toast")
      .forEach((change) => change.addedNodes.forEach((node) => window.said.push(node.textContent))))
      .observe(document, {childList: true, subtree: true});
  });
  await page.goto(link);
  await page.waitForSelector(".tile");
  check(!page.url().includes("t="), "the address still has the secret");
  return page;
}

// Waits until the function is true in the page.
const until = (page, is, ...values) => page.waitForFunction(is, {polling: 50}, ...values);
// Waits until it says this, after what it said last time.
const says = (page, words) => until(page, (wanted) => {
  const at = window.said.findIndex((line) => line.includes(wanted));
  return at >= 0 && window.said.splice(0, at + 1).length > 0;
}, words);
const texts = (page, selector) => page.$$eval(selector, (all) => all.map((element) => element.textContent));
async function go(page, where, selector) {
  await page.evaluate((hash) => { location.hash = hash; }, where);
  await page.waitForSelector(selector);
}
async function press(page, ...keys) {
  for (const key of keys) await page.keyboard.press(key);
}
// By the mouse. The page may just then put a new element in the place of the one that was found.
async function clickAt(page, selector) {
  for (;;) {
    try {
      return await page.click(selector);
    } catch (error) {
      if (!error.message.includes("detached")) throw error;
    }
  }
}
// A button by its text, in the bar or a dialog.
const click = (page, where, words) => page.evaluate((place, label) => {
  [...document.querySelectorAll(`${place} button`)].find((button) => button.textContent.includes(label)).click();
}, where, words);
const picture = (page, name) => screenshots && page.screenshot({path: path.join(screenshots, `${name}.png`)});

// Before anything is said: what joined two faces is known of the last grouping alone.
async function why(page) {
  step = "why two faces are together";
  const {person} = people().find((one) => one.faces.length >= 4);
  await go(page, `#/person/${person}`, ".tile .choose");
  await clickAt(page, ".tile:nth-child(1) .choose");
  await clickAt(page, ".tile:nth-child(2) .choose");
  await press(page, "w");
  await page.waitForSelector("dialog .face img:not([hidden])");
  check((await texts(page, "dialog p")).some((line) => line.includes("probability")), "the reasons are not said");
  await picture(page, "why");
  await press(page, "Escape");
  await go(page, "#/people", ".tile .name");
}

async function nameInPlace(page) {
  step = "a name is typed under a face";
  await clickAt(page, ".tile .name");
  await page.keyboard.type(kEvil);
  await press(page, "Enter");
  await says(page, "Named");
  check(named(kEvil), "the catalog does not know the name");
  check((await texts(page, ".tile .name"))[0] === kEvil, "the page does not show it as text");
  check(await page.$(".tile .name img") === null, "the name became an element");
  step = "z takes it back";
  await clickAt(page, "h1");
  await press(page, "z");
  await says(page, "Taken back");
  check(!named(kEvil), "the name is still there");
  await press(page, "Escape");
}

async function nameWithTab(page) {
  step = "Tab leads from name to name";
  await clickAt(page, ".tile .name");
  await page.keyboard.type("Dora");
  await press(page, "Tab");
  await page.keyboard.type("Emil");
  await press(page, "Enter");
  await says(page, "Named Dora");
  await says(page, "Named Emil");
  await until(page, () => [...document.querySelectorAll(".tile .name")].slice(0, 2).map((name) => name.textContent).join() === "Dora,Emil");
  check(named("Dora") && named("Emil"), "the catalog does not know both names");
  await clickAt(page, "h1");
  await press(page, "z");
  await says(page, "Taken back");
  await press(page, "z");
  await says(page, "Taken back");
}

async function keysOnTiles(page) {
  step = "keys go from tile to tile, select and merge";
  const before = people().length;
  await page.evaluate(() => document.activeElement.blur());
  await press(page, "ArrowRight", "x", "ArrowRight", "x");
  check((await page.$$(".tile.chosen")).length === 2, "two are not selected");
  await picture(page, "people");
  await press(page, "m");
  await page.waitForSelector("dialog");
  await press(page, "Enter");
  await says(page, "Merged");
  check(people().length === before - 1, "they were not merged");
  await press(page, "z");
  await says(page, "Taken back");
  check(people().length === before, "the merge was not taken back");
  step = "hiding";
  await press(page, "Escape");
  await clickAt(page, ".tile:nth-child(3) .choose");
  await click(page, "#bar", "Hide");
  await says(page, "hidden");
  check(people().some((person) => person.hidden), "nobody is hidden");
  await press(page, "z");
  await says(page, "Taken back");
}

async function dragging(page) {
  const before = people().length;
  const drag = async (from, onto) => {
    const middle = async (index) => {
      const {x, y, width, height} = await (await page.$(`.tile:nth-child(${index}) .look`)).boundingBox();
      return [x + width / 2, y + height / 2];
    };
    await page.mouse.move(...await middle(from));
    await page.mouse.down();
    await page.mouse.move(...await middle(onto), {steps: 5});
    await page.waitForSelector(`.tile:nth-child(${onto}).over`);
    await page.mouse.up();
    await page.waitForSelector("dialog");
  };
  step = "one is dragged onto another, and it was not meant";
  await drag(2, 1);
  await press(page, "Escape");
  await until(page, () => !document.querySelector("dialog, .over"));
  check(people().length === before, "they were merged unasked");
  step = "two are dragged onto another";
  await clickAt(page, ".tile:nth-child(2) .choose");
  await clickAt(page, ".tile:nth-child(3) .choose");
  await drag(3, 1);
  await picture(page, "dragged");
  await press(page, "Enter");
  await twoAreMergedAndTakenBack(page, before);
}

async function twoAreMergedAndTakenBack(page, before) {
  await says(page, "Merged");
  check(people().length === before - 2, "they were not merged");
  await press(page, "z");
  await says(page, "Taken back");
  await says(page, "Taken back");
  check(people().length === before, "the merge was not taken back");
}

// On a phone, with fingers alone.
async function fingers(browser) {
  step = "a finger selects";
  const before = people().length;
  const page = await open(browser);
  await page.setViewport({width: 360, height: 480, isMobile: true, hasTouch: true});
  await go(page, "#/people", ".tile .name");
  await until(page, () => innerWidth === 360 && document.querySelector(".tile").getBoundingClientRect().width < 180);
  const middle = async (index) => {
    const {x, y, width, height} = await (await page.$(`.tile:nth-child(${index}) .look`)).boundingBox();
    return [x + width / 2, y + height / 2];
  };
  const chosen = (count) => until(page, (wanted) => document.querySelectorAll(".tile.chosen").length === wanted, count);
  const pressLong = async (index) => {
    const finger = await page.touchscreen.touchStart(...await middle(index));
    await page.waitForSelector(`.tile:nth-child(${index}).chosen`);
    return finger;
  };
  await (await pressLong(2)).end();
  await chosen(1);
  check((await page.evaluate(() => location.hash)) === "#/people", "a long press opens the person");
  await page.touchscreen.tap(...await middle(3));
  await chosen(2);
  await page.touchscreen.tap(...await middle(3));
  await chosen(1);
  step = "a finger drags two onto another";
  const finger = await pressLong(3);
  const [x, y] = await middle(3);
  const [toX, toY] = await middle(1);
  for (const part of [0.3, 0.6, 1]) await finger.move(x + part * (toX - x), y + part * (toY - y));
  await page.waitForSelector(".tile:nth-child(1).over");
  check(await page.$(".ghost .face") !== null, "nothing is seen at the finger");
  await picture(page, "finger");
  await finger.end();
  await page.waitForSelector("dialog");
  check(await page.$(".ghost, .over") === null, "what was dragged is still there");
  await page.evaluate(() => [...document.querySelectorAll("dialog button")].find((button) => button.textContent.includes("Merge")).click());
  await twoAreMergedAndTakenBack(page, before);
  step = "a finger that moves at once scrolls";
  await press(page, "Escape");
  await chosen(0);
  const [fromX, fromY] = await middle(4);
  const scrolls = await page.touchscreen.touchStart(fromX, fromY);
  for (const part of [20, 40, 80, 120, 160]) await scrolls.move(fromX, fromY - part);
  await scrolls.end();
  await until(page, () => scrollY > 0);
  await chosen(0);
  step = "a finger selects all faces on its way";
  const {person} = people().find((one) => one.faces.length >= 4);
  await go(page, `#/person/${person}`, ".tile .choose");
  const selects = await pressLong(1);
  for (const index of [2, 3]) await selects.move(...await middle(index));
  await selects.end();
  await chosen(3);
  await page.close();
}

async function filter(page) {
  step = "sorting and showing some";
  const names = () => page.$$eval(".tile", (all) => all.sort((a, b) => a.ariaPosInSet - b.ariaPosInSet).map((tile) => tile.textContent));
  const largest = await names();
  await page.select("select[aria-label=Sort]", "newest");
  const numbers = await page.$$eval(".tile", (all) => all.sort((a, b) => a.ariaPosInSet - b.ariaPosInSet)
    .map((tile) => Number(tile.querySelector(".look").getAttribute("href").split("/")[2])));
  check(numbers.every((number, index) => index === 0 || number < numbers[index - 1]), "they are not the newest first");
  await page.select("select[aria-label=Sort]", "size");
  check((await names()).join() === largest.join(), "they are not the largest first again");
  await page.select("select[aria-label=Show]", "named");
  await until(page, () => document.querySelectorAll(".tile").length === 0);
  await page.select("select[aria-label=Show]", "all");
  await page.waitForSelector(".tile");
  step = "the filter";
  const first = people()[0].person;
  await press(page, "/");
  await page.keyboard.type(`person ${first}`);
  await until(page, () => document.querySelectorAll(".tile").length >= 1);
  const links = await page.$$eval(".tile .look", (all) => all.map((element) => element.getAttribute("href")));
  check(links.includes(`#/person/${first}`), "the filter does not find a person by number");
  await page.$eval("input[type=search]", (field) => { field.value = ""; field.dispatchEvent(new Event("input")); field.blur(); });
}

async function onePerson(page) {
  step = "a person";
  const person = people().find((one) => one.faces.length >= 4 && one.stack_count === one.faces.length);
  await go(page, "#/people", ".tile .name");
  run("people", "name", `${person.person}`, "Anna");
  // Until the list has heard of it, an edit would be refused, as it is about somebody without a name.
  await until(page, () => [...document.querySelectorAll(".tile .name")].some((name) => name.textContent === "Anna"));
  await go(page, `#/person/${person.person}`, ".tile .choose");
  await until(page, () => document.querySelector("h1")?.textContent === "Anna");
  await picture(page, "person");
  const choose = async (index) => clickAt(page, `.tile:nth-child(${index}) .choose`);
  step = "why two faces are together, after something was said";
  await choose(1);
  await choose(2);
  await press(page, "w");
  await page.waitForSelector("dialog p");
  check((await texts(page, "dialog p")).some((line) => line.includes("You said so")), "what was said is no reason");
  await press(page, "Escape");
  await until(page, () => !document.querySelector("dialog"));
  await press(page, "Escape");
  await until(page, () => !document.querySelector(".tile.chosen"));
  step = "two faces are split off";
  await choose(1);
  await choose(2);
  await press(page, "s");
  await says(page, "split off");
  check(named("Anna").faces.length === person.faces.length - 2, "the faces are still there");
  await press(page, "z");
  await says(page, "Taken back");
  await until(page, (count) => document.querySelectorAll(".tile").length === count, person.faces.length);
  step = "a face is moved to a new person";
  await choose(1);
  await press(page, "m");
  await page.waitForSelector("dialog input");
  await page.keyboard.type("Berta");
  await press(page, "Enter");
  await says(page, "moved to Berta");
  check(named("Berta")?.faces.length === 1, "Berta does not have the face");
  step = "a face is rejected";
  await until(page, (count) => document.querySelectorAll(".tile").length === count, person.faces.length - 1);
  await choose(1);
  await press(page, "r");
  await says(page, "taken away");
  check(named("Anna").faces.length === person.faces.length - 2, "the face is still Anna's");
  await press(page, "z");
  await says(page, "Taken back");
  step = "a photo leads to its people";
  await until(page, (count) => document.querySelectorAll(".tile").length === count, person.faces.length - 1);
  await clickAt(page, ".tile .look");
  await page.waitForSelector("a.box");
  await until(page, () => document.querySelector(".photo img").naturalWidth > 0);
  check((await texts(page, ".path")).some((line) => line.includes("<img src=x")), "the photo's name is not shown as text");
  check(await page.$(".path img") === null, "the photo's name became an element");
  await page.evaluate(() => document.querySelector("a.box.own").click());
  await until(page, () => document.querySelector("h1")?.textContent === "Anna");
  return person.person;
}

async function twoTabs(browser, page, person) {
  step = "two tabs and a command line";
  const other = await open(browser);
  await go(other, `#/person/${person}`, ".tile .choose");
  await other.bringToFront();
  run("people", "name", `${person}`, "Annabel");
  await until(other, () => document.querySelector("h1")?.textContent === "Annabel");
  // A tab that nobody looks at does not hear of it; its edit is refused.
  await clickAt(other, ".tile:nth-child(1) .choose");
  await page.evaluate(() => document.querySelector(".tile:nth-child(2) .choose").click());
  await other.keyboard.press("s");
  await says(other, "split off");
  const before = named("Annabel").faces.length;
  await page.evaluate(() => dispatchEvent(new KeyboardEvent("keydown", {key: "s"})));
  await says(page, "Somebody has changed this");
  check(named("Annabel").faces.length === before, "a stale edit was taken");
  await other.close();
  await page.bringToFront();
}

async function review(page) {
  step = "review";
  await go(page, "#/review", ".answers button, .empty");
  await until(page, () => document.querySelector(".side") || document.querySelector(".empty")?.textContent.includes("No pair"));
  if (!await page.$(".side")) return check(false, "there is no question to answer");
  await picture(page, "review");
  const facts = JSON.parse(run("people", "log", "--json")).facts.length;
  const question = await texts(page, ".side h2");
  await press(page, "y");
  await until(page, () => document.querySelector(".heading .pale")?.textContent.startsWith("1 answer"));
  check(JSON.parse(run("people", "log", "--json")).facts.at(-1).kind === "merge", "a yes is no merge");
  await press(page, "u");
  await until(page, () => document.querySelector(".heading .pale")?.textContent.startsWith("0 answers"));
  await page.waitForSelector(".side");
  check((await texts(page, ".side h2")).join() === question.join(), "the page after an undo is not what it was");
  step = "a question is skipped, and asked again";
  for (let shown = question.join(); shown; shown = (await texts(page, ".side h2")).join()) {
    await press(page, "s");
    await until(page, (before) => [...document.querySelectorAll(".side h2")].map((line) => line.textContent).join() !== before, shown);
  }
  await click(page, ".question", "Ask them again");
  await page.waitForSelector(".side");
  step = "review, a no";
  await press(page, "n");
  await until(page, () => document.querySelector(".heading .pale")?.textContent.startsWith("1 answer"));
  check(JSON.parse(run("people", "log", "--json")).facts.length === facts + 3, "not every answer is in the log");
  await press(page, "u");
  await until(page, () => document.querySelector(".heading .pale")?.textContent.startsWith("0 answers"));
}

async function search(page) {
  step = "search";
  await go(page, "#/search", "input[type=file]");
  await (await page.$("input[type=file]")).uploadFile(photo);
  await page.waitForSelector(".found .face img:not([hidden])");
  check((await texts(page, ".found a")).length >= 2, "nobody was found");
  check(await page.$(".photo .box") !== null, "no box stands around the face");
  await picture(page, "search");
}

async function log(page) {
  step = "log";
  const facts = JSON.parse(run("people", "log", "--json")).facts;
  await go(page, "#/log", ".log .what");
  check((await texts(page, ".log .what")).length === facts.length, "the log does not have all facts");
  check((await texts(page, ".log .what")).some((line) => line.includes("Annabel")), "the log has no names");
  await picture(page, "log");
  await clickAt(page, ".log button");
  await says(page, "Taken back");
  await until(page, (count) => document.querySelectorAll(".log .what").length === count, facts.length + 1);
}

async function live(page) {
  step = "what the command line says appears";
  await go(page, "#/people", ".tile .name");
  const {person} = people().find((one) => !one.name && !one.hidden);
  run("people", "name", `${person}`, "Appeared");
  await until(page, () => [...document.querySelectorAll(".tile .name")].some((name) => name.textContent === "Appeared"));
}

async function catalogAway(page) {
  step = "the catalog is away for a while";
  fs.renameSync(catalog, `${catalog}.away`);
  await says(page, "The catalog cannot be read");
  await until(page, () => document.getElementById("live").textContent.includes("cannot be read"));
  fs.renameSync(`${catalog}.away`, catalog);
  await until(page, () => document.getElementById("live").textContent === "live");
}

// A server of this script's own: its link, and what ends it.
async function serve(port) {
  const server = spawn(facenet, ["serve", "--port", port, "--no-browser", "-q", "--catalog", catalog], {stdio: ["ignore", "pipe", "inherit"]});
  const ended = new Promise((resolve) => server.on("exit", resolve));
  const line = await new Promise((resolve) => server.stdout.once("data", resolve));
  return {link: `${line}`.trim(), end: () => { server.kill("SIGINT"); return ended; }};
}

async function newLink(browser) {
  step = "facenet serve is started anew";
  const needsLink = (page) => until(page, () => document.querySelector("main").textContent.includes("needs the link"));
  const page = await browser.newPage();
  page.setDefaultTimeout(kPatience);
  const first = await serve("0");
  const {port} = new URL(first.link);
  await page.goto(first.link);
  await page.waitForSelector(".tile");
  await first.end();
  await until(page, () => document.getElementById("live").textContent === "not connected");
  const second = await serve(port);
  await needsLink(page);
  step = "another tab has the new link";
  const other = await browser.newPage();
  await other.goto(second.link);
  await other.waitForSelector(".tile");
  await page.bringToFront();
  await page.waitForSelector(".tile");
  await other.close();
  await second.end();
  const third = await serve(port);
  await needsLink(page);
  step = "the new link is opened in the old tab";
  await page.goto(third.link);
  await page.waitForSelector(".tile");
  check(!page.url().includes("t="), "the address still has the secret");
  await page.close();
  await third.end();
}

async function lookAt(page, person) {
  const {person: copied} = people().find((one) => one.stack_count < one.faces.length);
  for (const scheme of ["light", "dark"]) {
    await page.emulateMediaFeatures([{name: "prefers-color-scheme", value: scheme}]);
    for (const [where, selector] of [["#/people", ".tile"], [`#/person/${person}`, ".tile"], [`#/person/${copied}`, ".tile .more"], ["#/review", ".answers, .empty"],
      ["#/search", ".drop"], ["#/log", ".log .what"]]) {
      step = `${where} (${scheme})`;
      for (const width of [1200, 360]) {
        await page.setViewport({width, height: 800});
        await go(page, where, selector);
        await until(page, (wide) => innerWidth === wide && document.documentElement.scrollWidth <= wide, width)
          .catch(() => check(false, `reaches over the side at ${width}`));
        if (where === "#/people") await picture(page, `people-${scheme}-${width}`);
        await page.evaluate(axe);
        const found = await page.evaluate(async () => (await window.axe.run()).violations.map(
          (violation) => `${violation.id}: ${violation.nodes[0].html.slice(0, 160)}`));
        found.forEach((line) => check(false, `axe, width ${width}: ${line}`));
      }
    }
  }
  await page.setViewport({width: 1200, height: 800});
}

// One of the Johns has two photos of one picture: they are one tile, which stands for both.
async function stacks(page) {
  step = "copies are one tile";
  const person = people().find((one) => one.stack_count === one.faces.length - 1);
  await go(page, `#/person/${person.person}`, ".tile .more");
  const tiles = async () => (await page.$$(".tile")).length;
  check((await texts(page, ".more")).join() === "+1", "there is no +1");
  check(await tiles() === person.stack_count, `${await tiles()} tiles for ${person.stack_count} stacks`);
  await page.evaluate(() => document.querySelector(".more").closest(".tile").querySelector(".choose").click());
  await until(page, () => document.querySelector("#bar").textContent.includes("2 faces selected"));
  await press(page, "Escape");
  await picture(page, "stack");
  step = "a stack opens and closes";
  await clickAt(page, ".more");
  await page.waitForSelector(".more[aria-expanded=true]");
  check(await tiles() === person.faces.length, "it did not open");
  await clickAt(page, ".more");
  await page.waitForSelector(".more[aria-expanded=false]");
  check(await tiles() === person.stack_count, "it did not close");
  await go(page, "#/people", ".tile .name");
}

// Beside the open page of somebody a copy of a photo comes and goes.
async function copies(page) {
  step = "a copy comes";
  const {person, faces} = people().find((one) => one.stack_count === one.faces.length - 1);
  await go(page, `#/person/${person}`, ".tile .more");
  const shows = (one) => until(page, (tiles, copied, count) => {
    const more = [...document.querySelectorAll(".more")].reduce((sum, button) => sum + Number(button.textContent), 0);
    return document.querySelectorAll(".tile").length === tiles && more === copied &&
      document.querySelector(".heading").textContent.includes(`${count} faces`);
  }, one.stack_count, one.faces.length - one.stack_count, one.faces.length);
  const now = () => people().find((one) => one.person === person);
  const original = faces[0].photo;
  const copy = path.join(path.dirname(original), "copy.jpg");
  fs.writeFileSync(copy, Buffer.concat([fs.readFileSync(original), Buffer.from("!")]));
  run("cluster", path.dirname(original));
  check(now().faces.length === faces.length + 1, "the catalog has not taken it in");
  await shows(now());
  step = "a copy goes";
  fs.unlinkSync(copy);
  run("embed", path.dirname(original));  // which groups nobody anew
  check(now().faces.length === faces.length, "the catalog has not noticed");
  await shows(now());
  await go(page, "#/people", ".tile .name");
}

(async () => {
  const browser = await puppeteer.launch(
    {executablePath: chromium, args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"], timeout: kPatience, protocolTimeout: kPatience});
  try {
    const page = await open(browser);
    await page.setBypassCSP(false);
    await why(page);
    await stacks(page);
    await copies(page);
    await nameInPlace(page);
    await nameWithTab(page);
    await keysOnTiles(page);
    await dragging(page);
    await fingers(browser);
    await page.bringToFront();
    await filter(page);
    const person = await onePerson(page);
    await twoTabs(browser, page, person);
    await review(page);
    await search(page);
    await log(page);
    await live(page);
    await catalogAway(page);
    await newLink(browser);
    await page.bringToFront();
    // axe-core is put into the page by evaluate(), which the policy does not see.
    await lookAt(page, person);
  } catch (error) {
    check(false, error.message);
  }
  await browser.close();
  trouble.forEach((line) => console.log(line));
  process.exit(trouble.length > 0 ? 1 : 0);
})();
