// What every script of this folder needs: a browser, tests that are counted, axe.
import { chromium } from "playwright-core";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import assert from "node:assert/strict";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

let passed = 0;
const failed = [];
export async function test(name, run) {
  try {
    await run();
    passed += 1;
  } catch (error) {
    failed.push(name);
    console.log(`FAILED ${name}\n  ${String(error.stack ?? error).split("\n").slice(0, 12).join("\n  ")}`);
  }
}

export async function accessible(page, what) {
  // A script in the page's own world that its policy does not see.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  assert.deepEqual(violations.map((it) => `${it.id}: ${it.nodes.map((node) => node.target.join(" ")).join(", ")}`), [], what);
}

// Says how many passed, and ends the program.
export async function finish(what) {
  await browser.close();
  console.log(`${what}: ${passed} passed, ${failed.length} failed`);
  process.exit(failed.length === 0 && passed > 0 ? 0 : 1);
}
