#!/usr/bin/env node
// How soon the page of `facenet serve` is there, and whether tiles are missing while it scrolls.
//
//     scripts/bench/serve_page.cjs CHROMIUM NODE_MODULES LINK
//
// Prints when something is painted, when the first tiles stand there, when all pictures in the window do, and
// when the rest of the people is known; then scrolls 30 times by one and a half windows, and jumps to the end:
// after each step, two frames later, how many of a grid of points in the window have no tile, and how long its
// pictures take. NODE_MODULES: with puppeteer-core, such as build/browser/node_modules.
"use strict";
const path = require("node:path");

const [chromium, modules, link] = process.argv.slice(2);
const puppeteer = require(path.join(modules, "puppeteer-core"));

const inWindow = () => {
  const tiles = [...document.querySelectorAll(".tile")].filter((tile) => {
    const {top, bottom} = tile.getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
  });
  return {tiles: tiles.length, pictures: tiles.filter((tile) => tile.querySelector("img:not([hidden])")).length};
};
const frames = (page) => page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));

async function untilPictures(page) {
  const begin = Date.now();
  await page.waitForFunction(`(() => { const {tiles, pictures} = (${inWindow})(); return tiles > 0 && tiles === pictures; })()`,
    {polling: 20, timeout: 60000});
  return Date.now() - begin;
}

// Of the points between the tools and the lower edge, those where nothing but the page itself is.
const blank = (page) => page.evaluate(() => {
  const grid = document.querySelector(".grid").getBoundingClientRect();
  let missing = 0, count = 0;
  for (let y = Math.max(70, grid.top + 20); y < Math.min(innerHeight, grid.bottom) - 20; y += 40)
    for (let x = grid.left + 40; x < grid.right - 200; x += 40) {
      ++count;
      if (!document.elementsFromPoint(x, y).some((element) => element.closest(".tile"))) ++missing;
    }
  return {missing, count};
});

(async () => {
  const browser = await puppeteer.launch({executablePath: chromium, args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]});
  const page = (await browser.pages())[0];
  await page.setViewport({width: 1280, height: 800});
  const begin = Date.now();
  await page.goto(link, {waitUntil: "domcontentloaded"});
  await page.waitForSelector(".tile");
  const tiles = Date.now() - begin;
  const pictures = await untilPictures(page);
  const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
  console.log(`painted after ${Math.round(paint)} ms, tiles after ${tiles} ms, pictures ${pictures} ms later`);
  await page.waitForFunction(() => document.querySelector(".grid").clientHeight > 100000, {polling: 50, timeout: 60000}).catch(() => {});
  console.log(`everybody after ${Date.now() - begin} ms`);
  let missing = 0, count = 0;
  const waits = [];
  await page.mouse.move(600, 500);
  for (let step = 0; step < 30; ++step) {
    await page.evaluate(() => scrollBy(0, 1.5 * innerHeight));
    await frames(page);
    const seen = await blank(page);
    missing += seen.missing;
    count += seen.count;
    if (step % 5 === 4) waits.push(await untilPictures(page));
  }
  console.log(`scrolling: ${missing} of ${count} points without a tile; pictures after ${waits.join(", ")} ms`);
  await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight / 2));
  await frames(page);
  const jump = await blank(page);
  console.log(`a jump: ${jump.missing} of ${jump.count} points without a tile; pictures after ${await untilPictures(page)} ms`);
  await browser.close();
})();
