// Opens the pages of a report in a browser, and looks for what goes wrong there.
//
//     node look.cjs CHROMIUM NODE_MODULES CROWDED_URL INDEX_URL... PERSON_URL
//
// Of all pages but the last the filter is tried. The first has many people: only tiles near what is seen may
// be in it. Each page is opened light and dark, wide and as narrow
// as a phone: nothing may be loaded from elsewhere or fail to load, no script may fail or be refused, no
// picture may be broken, nothing may reach over the side, and axe-core must find nothing. Exit status 1,
// and a line each on stdout, when something is wrong.
"use strict";
const fs = require("node:fs");
const path = require("node:path");

const [chromium, modules, crowded, ...urls] = process.argv.slice(2);
const puppeteer = require(path.join(modules, "puppeteer-core"));
const axe = fs.readFileSync(path.join(modules, "axe-core", "axe.min.js"), "utf8");
const trouble = [];
const kPatience = 600000;  // ms: longer than a busy machine takes

async function open(browser, url, {width, scheme, bypass}) {
  const page = await browser.newPage();
  const complain = (what) => trouble.push(`${url} (${width}, ${scheme}): ${what}`);
  page.on("console", (message) => complain(`console: ${message.text()}`));
  page.on("pageerror", (error) => complain(`script: ${error.message}`));
  page.on("dialog", (dialog) => { complain(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("requestfailed", (request) => complain(`not loaded: ${request.url().slice(0, 120)}`));
  page.on("request", (request) => {
    if (!/^(file|data):/.test(request.url())) complain(`loads ${request.url().slice(0, 120)}`);
  });
  page.setDefaultTimeout(kPatience);
  if (bypass) await page.setBypassCSP(true);
  await page.setViewport({width, height: 800});
  await page.emulateMediaFeatures([{name: "prefers-color-scheme", value: scheme}]);
  await page.goto(url, {waitUntil: "load"});
  return {page, complain};
}

async function lookAt(browser, url, form) {
  const {page, complain} = await open(browser, url, form);
  const seen = await page.evaluate(async () => {
    for (const image of document.images) image.loading = "eager";
    await Promise.allSettled([...document.images].map((image) => image.decode()));
    return {
      broken: [...document.images].filter((image) => image.naturalWidth === 0).length,
      images: document.images.length,
      over: document.documentElement.scrollWidth - window.innerWidth,
    };
  });
  if (seen.images === 0) complain("shows no picture");
  if (seen.broken > 0) complain(`${seen.broken} pictures are broken`);
  if (seen.over > 0) complain(`reaches ${seen.over} pixels over the side`);
  await page.close();
}

async function tryFilter(browser, url) {
  const {page, complain} = await open(browser, url, {width: 1200, scheme: "light"});
  const shown = () =>
    page.evaluate(() => document.querySelectorAll("#people .people li:not([hidden])").length);
  const all = await shown();
  await page.keyboard.press("/");
  await page.keyboard.type("ONERROR");
  if ((await shown()) !== 1) complain(`the filter shows ${await shown()} people of ${all}, not one`);
  const count = await page.$eval("#count", (output) => output.textContent);
  if (count !== `1 of ${all}`) complain(`the filter counts "${count}"`);
  await page.keyboard.press("Escape");
  if ((await shown()) !== all) complain("Escape does not take the filter back");
  await page.type("#filter", "faces");
  if ((await shown()) !== 0) complain("the filter looks at how many faces somebody has");
  await page.keyboard.press("Escape");
  await page.close();
}

async function tryCrowd(browser, url) {
  const {page, complain} = await open(browser, url, {width: 1200, scheme: "light"});
  const tiles = () => page.$$eval("#people .people li", (all) => all.length);
  const until = (condition, ...values) => page.waitForFunction(condition, {timeout: kPatience}, ...values);
  // Whether a tile with this text is seen, or comes to be by scrolling to the beginning or the end of the list.
  const goTo = (end, text) => until((last, wanted) => {
    const all = document.querySelectorAll("#people .people li");
    document.querySelector("#people .people").scrollIntoView({block: last ? "end" : "start"});
    return [...all].some((tile) => {
      const box = tile.getBoundingClientRect();
      return tile.textContent.includes(wanted) && box.top < innerHeight && box.bottom > 0;
    });
  }, end === "last", text);
  const atTop = () => page.evaluate(() => [...document.querySelectorAll("#people .people li")].find(
      (tile) => tile.getBoundingClientRect().bottom > 100)?.textContent);
  const expectFew = async (when) => {
    if (await tiles() > 1500) complain(`${await tiles()} tiles are in the page ${when}`);
  };
  const first = await atTop();
  await expectFew("at first");
  await goTo("last", "Zoë <img");
  await expectFew("at the end");
  const link = await page.$eval("#people .people ul:nth-last-child(2) li:last-child a", (a) => a.getAttribute("href"));
  if (link !== "people/30999.html") complain(`the last person's link is ${link}`);
  await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight / 2));
  await until(() => [...document.querySelectorAll("#people .people li")].some((tile) => {
    const box = tile.getBoundingClientRect();
    return box.top < innerHeight && box.bottom > 0;
  }));
  const before = await atTop();
  const columns = () => page.$eval("#people .people ul", (part) => getComputedStyle(part).gridTemplateColumns.split(" ").length);
  const wide = await columns();
  await page.setViewport({width: 500, height: 800});
  await until((many) => getComputedStyle(document.querySelector("#people .people ul")).gridTemplateColumns.split(" ").length < many, wide);
  const number = (text) => Number(/person (\d+)/.exec(text)?.[1]);
  await page.waitForFunction((wanted) => [...document.querySelectorAll("#people .people li")].some((tile) => {
    const box = tile.getBoundingClientRect();
    return Math.abs(Number(/person (\d+)/.exec(tile.textContent)?.[1]) - wanted) < 20 && box.top < innerHeight && box.bottom > 0;
  }), {timeout: kPatience}, number(before));
  await page.setViewport({width: 1200, height: 800});
  await goTo("first", first);
  await expectFew("at the top again");
  await page.keyboard.press("/");
  await page.keyboard.type("zoe");
  if (await tiles() !== 1) complain(`the filter shows ${await tiles()} people, not one`);
  await page.keyboard.press("Escape");
  if (await tiles() < 100) complain("Escape does not take the filter back");
  await page.type("#filter", "2 faces");
  if (await tiles() !== 0) complain("the filter looks at how many faces somebody has");
  await page.keyboard.press("Escape");
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  const printed = await tiles();
  if (printed > 5000 || printed < 4000) complain(`${printed} tiles are printed`);
  await page.close();
}

async function askAxe(browser, url, scheme) {
  const {page, complain} = await open(browser, url, {width: 1200, scheme, bypass: true});
  await page.evaluate(axe);
  const found = await page.evaluate(async () => (await window.axe.run()).violations.map(
      (violation) => `${violation.id}: ${violation.nodes[0].html.slice(0, 200)}`));
  found.forEach(complain);
  await page.close();
}

(async () => {
  const browser = await puppeteer.launch(
      {executablePath: chromium, args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"], timeout: kPatience, protocolTimeout: kPatience});
  await tryCrowd(browser, crowded);
  for (const url of urls) {
    for (const scheme of ["light", "dark"]) {
      for (const width of [1200, 360]) await lookAt(browser, url, {width, scheme});
      await askAxe(browser, url, scheme);
    }
    if (url !== urls.at(-1)) await tryFilter(browser, url);
  }
  await browser.close();
  trouble.forEach((line) => console.log(line));
  process.exit(trouble.length > 0 ? 1 : 0);
})().catch((error) => {
  console.log(error);
  process.exit(1);
});
