// People at the demo's pages: each a browser of their own that signs in as anybody would.
import assert from "node:assert/strict";
import { accessible, browser } from "./kit.mjs";

const WIDTHS = [1440, 820, 390];

// `pictures` is what the path of every picture begins with.
export function people(origin, password, pictures) {
  // A browser of its own; nothing is loaded from elsewhere but a client's own address on this machine.
  async function open(options = {}) {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
    const page = await context.newPage();
    const strangers = [];
    const complaints = [];
    await context.route("**", (route) => {
      const url = route.request().url();
      if (url.startsWith(origin) || url.startsWith("data:") || /^http:\/\/(127\.0\.0\.1|localhost):\d+\/.*callback/.test(url)) return route.continue();
      strangers.push(url);
      return route.abort();
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => { if (message.type() === "error" && !/status of (400|401|403|404|413|422)|favicon/.test(message.text())) complaints.push(message.text()); });
    return { context, page, async close() {
      await context.close();
      assert.deepEqual(strangers, [], "nothing is loaded from elsewhere");
      assert.deepEqual(complaints, [], "the page complains of nothing");
    } };
  }

  // Fills the sign-in in, wherever it is shown.
  async function signIn(page, email) {
    await page.getByLabel("E-mail address").fill(email);
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
  }

  async function as(email, to = "/console", options = {}) {
    const it = await open(options);
    await it.page.goto(origin + to);
    await signIn(it.page, email);
    await it.page.waitForURL(`${origin}${to}`);
    return it;
  }

  // One page at three widths, as it is; axe at the widest and the narrowest.
  async function look(page, name, scheme) {
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(wide <= 0, `${name} is ${wide} px too wide at ${width}`);
      await page.screenshot({ path: `${pictures}${name}-${width}-${scheme}.png`, fullPage: true });
      if (width !== 820) await accessible(page, `${name} ${scheme} ${width}`);
    }
    await page.setViewportSize({ width: 1440, height: 900 });
  }

  return { open, signIn, as, look };
}
