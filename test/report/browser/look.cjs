// Opens the pages of a report in a browser, and looks for what goes wrong there.
//
//     node look.cjs CHROMIUM NODE_MODULES INDEX_URL... PERSON_URL
//
// Of all pages but the last the filter is tried. Each page is opened light and dark, wide and as narrow
// as a phone: nothing may be loaded from elsewhere or fail to load, no script may fail or be refused, no
// picture may be broken, nothing may reach over the side, and axe-core must find nothing. Exit status 1,
// and a line each on stdout, when something is wrong.
"use strict";
const fs = require("node:fs");
const path = require("node:path");

const [chromium, modules, ...urls] = process.argv.slice(2);
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
