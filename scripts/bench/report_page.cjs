// Opens pages of a report in Chromium, scrolls them, and prints what it took.
//
//     node report_page.cjs CHROMIUM NODE_MODULES SCREENSHOTS_FOLDER|'' URL...
//
// Times are from the beginning of the navigation. Where the page has a filter, a digit is typed into it: the page answers
// for everybody then. A frame is the time between two of the browser's own; "long tasks" are those that kept it from
// answering for 50 ms and more. Memory is what is resident of the process that draws the page.
"use strict";
const fs = require("node:fs");
const path = require("node:path");

const [chromium, modules, screenshots, ...urls] = process.argv.slice(2);
const puppeteer = require(path.join(modules, "puppeteer-core"));
const kPatience = 600000;  // ms

// In MiB, of the largest process that draws a page.
function memoryOfTab(browser) {
  const root = browser.process().pid;
  const parents = new Map();
  const renderers = [];
  for (const name of fs.readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    try {
      const status = fs.readFileSync(`/proc/${name}/status`, "utf8");
      parents.set(Number(name), Number(/^PPid:\s+(\d+)/m.exec(status)[1]));
      if (fs.readFileSync(`/proc/${name}/cmdline`, "utf8").includes("--type=renderer"))
        renderers.push([Number(name), Number(/^VmRSS:\s+(\d+)/m.exec(status)[1]) / 1024]);
    } catch {
      // ended meanwhile
    }
  }
  const isOurs = (pid) => pid === root || (parents.has(pid) && isOurs(parents.get(pid)));
  return Math.round(Math.max(0, ...renderers.filter(([pid]) => isOurs(pid)).map(([, size]) => size)));
}

// In so many frames: by so many pixels each, or where it is 0, in as many leaps to the bottom.
async function scroll(page, steps, pixels) {
  return page.evaluate(async (count, step) => {
    let blocked = 0, longest = 0;
    const observer = new PerformanceObserver((list) => {
      for (const task of list.getEntries()) {
        blocked += task.duration;
        longest = Math.max(longest, task.duration);
      }
    });
    observer.observe({type: "longtask"});
    const frame = () => new Promise(requestAnimationFrame);
    const frames = [];
    let before = await frame();
    for (let i = 1; i <= count; ++i) {
      // The height may change as parts are laid out.
      if (step > 0) window.scrollBy(0, step);
      else window.scrollTo(0, (document.documentElement.scrollHeight - innerHeight) * i / count);
      const now = await frame();
      frames.push(now - before);
      before = now;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
    observer.disconnect();
    frames.sort((a, b) => a - b);
    return {
      height: document.documentElement.scrollHeight,
      median: frames[Math.floor(frames.length / 2)],
      rare: frames[Math.floor(frames.length * 0.99)],
      longest: frames.at(-1),
      task: longest,
      blocked,
    };
  }, steps, pixels);
}

async function lookAt(browser, url) {
  const page = await browser.newPage();
  page.setDefaultTimeout(kPatience);
  await page.setViewport({width: 1280, height: 900});
  const name = path.basename(url);
  const say = (what, value) => console.log(`${name}: ${what.padEnd(32)} ${value}`);
  const shoot = async (when) => {
    if (screenshots) await page.screenshot({path: path.join(screenshots, `${name}-${when}.png`)});
  };
  const trouble = [];
  const session = await page.createCDPSession();
  await session.send("Performance.enable", {timeDomain: "threadTicks"});
  let spent = 0;  // by the thread that runs the page, ms: other programs hardly change that
  const spentSince = async () => {
    const {metrics} = await session.send("Performance.getMetrics");
    const before = spent;
    spent = 1000 * metrics.find(({name: metric}) => metric === "TaskDuration").value;
    return spent - before;
  };
  page.on("pageerror", (error) => trouble.push(error.message));
  page.on("error", (error) => trouble.push(`the tab is lost: ${error.message}`));
  await page.goto(url, {waitUntil: "domcontentloaded"});
  await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint").length > 0);
  const paint = await page.evaluate(() => ({
    paint: performance.getEntriesByName("first-contentful-paint")[0].startTime,
    parsed: performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd,
    elements: document.getElementsByTagName("*").length,
  }));
  say("first paint", `${Math.round(paint.paint)} ms`);
  say("all is there", `${Math.round(paint.parsed)} ms, ${paint.elements} elements; ${Math.round(await spentSince())} ms of a processor`);
  if (await page.$("#filter")) {
    const answered = await page.evaluate(async () => {
      const field = document.getElementById("filter");
      const type = async (text) => {
        const began = performance.now();
        field.value = text;
        field.dispatchEvent(new Event("input", {bubbles: true}));
        await new Promise(requestAnimationFrame);
        await new Promise((resolve) => setTimeout(resolve));
        return {at: performance.now(), took: performance.now() - began, count: document.getElementById("count").textContent};
      };
      return [await type("7"), await type("77"), await type("")];
    });
    say("the filter has answered", `${Math.round(answered[0].at)} ms`);
    say("typing into it takes", answered.map(({took, count}) => `${Math.round(took)} ms${count ? ` (${count})` : ""}`).join(", "));
  }
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 500)));
  await shoot("top");
  say("memory at the top", `${memoryOfTab(browser)} MiB`);
  await spentSince();
  for (const [how, steps, pixels] of [["400 frames of 100 pixels", 400, 100], ["100 leaps to the bottom", 100, 0]]) {
    const seen = await scroll(page, steps, pixels);
    say(how, `of ${Math.round(seen.height)}: a frame ${Math.round(seen.median)} ms, ` +
        `99 % below ${Math.round(seen.rare)} ms, longest ${Math.round(seen.longest)} ms`);
    say("long tasks meanwhile", `${Math.round(seen.blocked)} ms, the longest ${Math.round(seen.task)} ms; ` +
        `${Math.round(await spentSince() / steps)} ms of a processor a frame`);
  }
  say("memory at the bottom", `${memoryOfTab(browser)} MiB`);
  await shoot("bottom");
  trouble.forEach((what) => say("trouble", what));
  await page.close();
  return trouble.length === 0;
}

(async () => {
  const browser = await puppeteer.launch({
    executablePath: chromium,
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
    timeout: kPatience,
    protocolTimeout: kPatience,
  });
  let good = true;
  for (const url of urls) good = await lookAt(browser, url) && good;
  await browser.close();
  process.exit(good ? 0 : 1);
})().catch((error) => {
  console.log(error);
  process.exit(1);
});
