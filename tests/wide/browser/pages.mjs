// Drives every page in Chromium. Arguments: origin, folder for pictures.
import { readFileSync } from "node:fs";
import assert from "node:assert/strict";
import { accessible, browser, finish, test } from "./kit.mjs";

const [origin, pictures] = process.argv.slice(2);

const LEAD = "lead@acme.example";
const BASIC = "basic@acme.example";
const ADMIN = "admin@msp.example";
const AGENT = "support-write@msp.example";
const NOBODY = "nobody@msp.example";
const OWNER = "owner@msp.example";
const LEADER = "service-lead@msp.example";

// A browser of its own for one person. Anything asked of another origin, and any complaint of the page, is a failure.
async function person(email, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const strangers = [];
  const complaints = [];
  await context.route("**", (route) => {
    if (route.request().url().startsWith(origin) || route.request().url().startsWith("data:")) return route.continue();
    strangers.push(route.request().url());
    return route.abort();
  });
  const page = await context.newPage();
  page.on("console", (message) => { if (message.type() === "error" && !message.text().includes("status of 404") && !message.text().includes("status of 403")) complaints.push(message.text()); });
  page.on("pageerror", (error) => complaints.push(String(error)));
  if (email) await page.goto(`${origin}/rig/as?email=${email}&to=/console`);
  return { page, context, strangers, complaints, async close() {
    await context.close();
    assert.deepEqual(strangers, [], "nothing is loaded from elsewhere");
    assert.deepEqual(complaints, [], "the page complains of nothing");
  } };
}
const ask = async (page, tool, args) => {
  const answer = await page.request.get(`${origin}/rig/ask?tool=${tool}&arguments=${encodeURIComponent(JSON.stringify(args))}`);
  return answer.json();
};
const heading = (page) => page.locator("h1").textContent();

// Every page: who sees it, and where.
const flows = ["email", "email_wrong", "chooser", "chooser_empty", "password", "totp", "totp_setup", "recovery", "reset_request", "reset_nowhere",
  "new_password", "sign_out", "signed_out", "failed", "not_welcome", "too_many", "connect", "connect_hostile", "consent", "consent_hostile", "error"];
const pages = [
  ["server", LEAD, "/console"],
  ["server-view-only", NOBODY, "/console"],
  ["clients", LEAD, "/console/clients"],
  ["clients-empty", BASIC, "/console/clients"],
  ["revoke", LEAD, async (page) => { await page.goto(`${origin}/console/clients`); await page.getByRole("link", { name: "Revoke Claude Code" }).click(); }],
  ["confirmations", AGENT, async (page) => { await page.goto(`${origin}/console/confirmations`); }],
  ["confirmations-empty", BASIC, "/console/confirmations"],
  ["confirmation", AGENT, async (page) => { await page.goto(`${origin}/console/confirmations`); await page.getByRole("link", { name: "Look and decide" }).first().click(); }],
  ["approvals", OWNER, "/console/approvals"],
  ["approvals-empty", AGENT, "/console/approvals"],
  ["approval", OWNER, async (page) => { await page.goto(`${origin}/console/approvals`); await page.getByRole("link", { name: "Look and decide" }).first().click(); }],
  ["unanswered", ADMIN, async (page) => { await page.goto(`${origin}/console/approvals`); await page.getByRole("link", { name: "Record what you found" }).first().click(); }],
  ["activity", AGENT, "/console/activity"],
  ["activity-empty", NOBODY, "/console/activity"],
  ["all-clients", ADMIN, "/console/admin/clients"],
  ["tools", ADMIN, "/console/admin/tools"],
  ["integrations", ADMIN, "/console/admin/integrations"],
  ["organisations", ADMIN, "/console/admin/organisations"],
  ["organisations-asked", ADMIN, async (page) => { await page.goto(`${origin}/console/admin/organisations`); await page.getByRole("button", { name: "Ask the systems" }).click(); await page.getByText("The systems were asked").waitFor(); }],
  ["audit", ADMIN, "/console/admin/audit"],
  ["audit-wrong", ADMIN, "/console/admin/audit?since=2026-11-02T00:00&until=2026-11-01T00:00"],
  ["audit-nothing", ADMIN, "/console/admin/audit?tool=get_ticket&organisation=nowhere"],
  ["missing", LEAD, "/console/nowhere"],
  ...flows.map((name) => [`flow-${name}`, null, `/rig/pages/${name}`]),
];
const go = async (page, where) => (typeof where === "function" ? where(page) : page.goto(origin + where));

// Something to look at: calls of an agent, changes that wait, and a card that is open.
{
  const agent = await person(AGENT);
  const { data } = await ask(agent.page, "search_tickets", {});
  const ticket = (data.tickets ?? data.items ?? Object.values(data).find(Array.isArray))[0];
  const id = ticket.id ?? ticket.ticket_id;
  globalThis.ticket = id;
  await ask(agent.page, "get_ticket", { ticket_id: id });
  await ask(agent.page, "customer_list_tickets", {});
  await ask(agent.page, "close_ticket", { ticket_id: id, resolution: "Replaced the power supply.\nThe printer works again." });
  const leader = await person(LEADER);
  const publish = { customer_id: "acme", document_id: "DOC-1004", version_id: "DOC-1004-v2" };
  assert.equal((await ask(leader.page, "portal.document_publish.preview", publish)).status, "pending_approval");
  const lost = await ask(leader.page, "portal.document_publish.preview", { ...publish, download: true });
  assert.equal((await leader.page.request.get(`${origin}/rig/give-up?id=${lost.action_request_id}`)).status(), 200);
  await leader.close();
  await ask(agent.page, "escalate_ticket", { ticket_id: id, target: "Network team", reason: "Second outage this week" });
  await agent.close();
}

for (const [name, who, where] of pages) {
  await test(`axe finds nothing on ${name}`, async () => {
    for (const colorScheme of ["light", "dark"]) {
      const it = await person(who, { colorScheme });
      for (const width of [1440, 820, 390]) {
        await it.page.setViewportSize({ width, height: 900 });
        await go(it.page, where);
        if (name === "server") await it.page.locator("#cursor summary").click();
        const wide = await it.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        assert.ok(wide <= 0, `${name} is ${wide} px too wide at ${width}`);
        await it.page.screenshot({ path: `${pictures}/${name}-${width}-${colorScheme}.png`, fullPage: true });
        if (width !== 820) await accessible(it.page, `${name} ${colorScheme} ${width}`);
      }
      await it.close();
    }
  });
  await test(`without JavaScript ${name} says the same`, async () => {
    const [plain, lively] = [await person(who, { javaScriptEnabled: false }), await person(who)];
    await go(plain.page, where);
    await go(lively.page, where);
    assert.equal(await heading(plain.page), await heading(lively.page));
    for (const page of [plain.page, lively.page]) {
      assert.equal(await page.locator("main").count(), 1);
      assert.equal(await page.locator("h1").count(), 1);
    }
    await plain.close();
    await lively.close();
  });
}

await test("every page carries its headers and nothing of anybody else", async () => {
  const it = await person(ADMIN);
  for (const path of ["/console", "/console/clients", "/console/confirmations", "/console/activity", "/console/admin/audit", "/console/nowhere"]) {
    const answer = await it.page.request.get(origin + path);
    const headers = answer.headers();
    for (const part of ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"]) assert.ok(headers["content-security-policy"].includes(part), part);
    assert.equal(headers["x-frame-options"], "DENY");
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.equal(headers["referrer-policy"], "no-referrer");
    assert.equal(headers["cache-control"], "no-store");
    const text = await answer.text();
    for (const [, address] of text.matchAll(/(?:src|href|action)="([^"]*)"/g)) assert.ok(/^[/?#]/.test(address) || /^(cursor|vscode|vscode-insiders):/.test(address), address);
    const bare = text.replaceAll(/"[^"]*"/g, '""');
    assert.ok(!/<[^>]* style=|<style|<[^>]* on[a-z]+=/.test(bare), "no style and no script inline");
  }
  const style = (await (await it.page.request.get(`${origin}/console`)).text()).match(/\/console\/assets\/[0-9a-f]+\.css/)[0];
  const asset = await it.page.request.get(origin + style);
  assert.ok(asset.headers()["cache-control"].includes("immutable"));
  const again = await it.page.request.get(origin + style, { headers: { "if-none-match": asset.headers().etag } });
  assert.equal(again.status(), 304);
  await it.close();
});

await test("the URL and every card's command can be copied", async () => {
  const it = await person(LEAD, { permissions: ["clipboard-read", "clipboard-write"] });
  await it.page.getByRole("button", { name: "Copy the server URL" }).click();
  assert.equal(await it.page.evaluate(() => navigator.clipboard.readText()), `${origin}/mcp`);
  await it.page.getByText("Claude Code", { exact: true }).click();
  await it.page.locator("#claude-code").getByRole("button", { name: "Copy the command" }).click();
  assert.equal(await it.page.evaluate(() => navigator.clipboard.readText()), `claude mcp add --transport http postern-demo ${origin}/mcp`);
  await it.page.waitForFunction(() => document.getElementById("status").textContent === "Copied");
  assert.match(await it.page.locator("#cursor a").first().getAttribute("href"), /^cursor:\/\/anysphere\.cursor-deeplink\/mcp\/install\?name=postern-demo&config=/);
  await it.close();
});

await test("somebody who may not connect sees why and no command", async () => {
  const it = await person(NOBODY);
  const text = await it.page.locator("main").textContent();
  assert.match(text, /You have view-only access\.\s*Ask an administrator for the right to connect clients\./);
  assert.ok(!text.includes("claude mcp add"));
  assert.equal(await it.page.locator(".card.off").count(), 9);
  await it.close();
});

await test("o12 a hostile client name is a short line of text", async () => {
  const it = await person(LEAD);
  await it.page.goto(`${origin}/console/clients`);
  const name = await it.page.locator("bdi.client-name").last().textContent();
  assert.ok(name.startsWith("<img src=x onerror=alert(1)>edualC and"), name);
  assert.ok([...name].length <= 64);
  assert.equal(await it.page.locator("main img").count(), 0);
  await it.close();
});

await test("by keyboard alone: skip, choose a card, revoke a client", async () => {
  const it = await person("lead@globex.example");
  const { page } = it;
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the content");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "main");
  const reach = async (wanted) => {
    for (let tries = 0; tries < 60; tries += 1) {
      await page.keyboard.press("Tab");
      const here = await page.evaluate(() => {
        const it = document.activeElement;
        const outline = getComputedStyle(it).outlineStyle;
        return { name: (it.getAttribute("aria-label") ?? it.textContent).trim().replace(/\s+/g, " "), outline };
      });
      if (here.name.startsWith(wanted)) { assert.notEqual(here.outline, "none", `${wanted} shows that it has the focus`); return; }
    }
    assert.fail(`${wanted} cannot be reached`);
  };
  await reach("Claude Code");
  await page.keyboard.press("Enter");
  assert.ok(await page.locator("#claude-code").evaluate((card) => card.open));
  await page.goto(`${origin}/console/clients`);
  await reach("Revoke Claude Code");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/revoke");
  await reach("Revoke");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "The client is cut off" }).waitFor();
  await page.goto(`${origin}/console/clients`);
  assert.equal(await page.getByRole("link", { name: "Revoke Claude Code" }).count(), 0);
  await it.close();
});

for (const javaScriptEnabled of [true, false]) {
  await test(`w06 a change is confirmed and another declined, JavaScript ${javaScriptEnabled}`, async () => {
    const it = await person("service-lead@msp.example", { javaScriptEnabled });
    const { page } = it;
    const id = async (tool, args) => (await ask(page, tool, args)).confirmation_id;
    const escalate = { ticket_id: ticket, target: "<script>alert(1)</script> team", reason: "Twice\u202e this week" };
    const first = await id("escalate_ticket", escalate);
    // Looking, also by a robot, confirms nothing.
    for (const method of ["get", "head"]) await page.request[method](`${origin}/console/confirmations/${first}`);
    await page.goto(`${origin}/console/confirmations/${first}`);
    const text = await page.locator("main").textContent();
    assert.ok(text.includes("<script>alert(1)</script> team"), text);
    assert.ok(text.includes("Twice[U+202E] this week"), "what is hidden is seen");
    assert.ok(text.includes(ticket));
    await page.getByRole("button", { name: "Confirm" }).click();
    assert.equal(await heading(page), "It is done");
    await page.goto(`${origin}/console/confirmations/${first}`);
    assert.equal(await heading(page), "There is nothing to confirm here");
    const second = await id("escalate_ticket", { ...escalate, reason: "Again" });
    await page.goto(`${origin}/console/confirmations/${second}`);
    await page.getByRole("button", { name: "Decline" }).click();
    assert.equal(await heading(page), "You declined");
    // Somebody else's is as if it was not there; a form without the session's secret does nothing.
    const third = await id("escalate_ticket", { ...escalate, reason: "Once more" });
    const answer = await page.request.post(`${origin}/console/confirmations/${third}`, { form: { decision: "confirm" }, headers: { "sec-fetch-site": "same-origin" } });
    assert.equal(answer.status(), 403);
    const other = await person(ADMIN);
    await other.page.goto(`${origin}/console/confirmations/${third}`);
    assert.equal(await heading(other.page), "There is nothing to confirm here");
    await other.close();
    await page.goto(`${origin}/console/confirmations/${third}`);
    assert.equal(await page.getByRole("button", { name: "Confirm" }).count(), 1);
    await page.getByRole("button", { name: "Decline" }).click();
    await it.close();
  });
}

await test("a list of confirmations grows by itself", async () => {
  const it = await person("basic@globex.example");
  const lead = await person("service-lead@msp.example");
  await lead.page.goto(`${origin}/console/confirmations`);
  await ask(lead.page, "escalate_ticket", { ticket_id: ticket, target: "Night shift", reason: "Live" });
  await lead.page.getByRole("link", { name: "Look and decide" }).waitFor({ timeout: 15000 });
  await lead.close();
  await it.close();
});

await test("tools are filtered as one types, and announced", async () => {
  const it = await person(ADMIN);
  await it.page.goto(`${origin}/console/admin/tools`);
  await it.page.getByLabel("Find a tool").fill("close_ticket");
  assert.equal(await it.page.locator("[data-row]:visible").count(), 1);
  await it.page.waitForFunction(() => document.getElementById("status").textContent === "1 tool");
  await it.close();
});

await test("a09 the audit is searched, exported, and reading it is in it", async () => {
  const it = await person(ADMIN);
  const { page } = it;
  await page.goto(`${origin}/console/admin/audit`);
  await page.getByLabel("Tool").selectOption("get_ticket");
  await page.getByRole("button", { name: "Search" }).click();
  const rows = await page.locator("tbody .code.small").allTextContents();
  assert.ok(rows.length > 0 && rows.includes("get_ticket"));
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Export as JSON lines" }).click()]);
  const lines = readFileSync(await download.path(), "utf8").trim().split("\n").map(JSON.parse);
  const bodies = lines.filter((line) => line.body).map((line) => JSON.parse(line.body));
  assert.ok(bodies.length > 0 && bodies.every((row) => row.tool === "get_ticket" && row.tenant === "msp-example"));
  await page.goto(`${origin}/console/admin/audit`);
  const text = await page.locator("tbody").textContent();
  assert.ok(text.includes("Looked at the audit log") && text.includes("Exported the audit log"));
  await it.close();
});

await test("what is for administrators is not there for anybody else", async () => {
  const it = await person(AGENT);
  for (const path of ["clients", "tools", "integrations", "audit", "audit/export"]) {
    const answer = await it.page.request.get(`${origin}/console/admin/${path}`);
    assert.equal(answer.status(), 404, path);
  }
  await it.page.goto(`${origin}/console`);
  assert.equal(await it.page.getByRole("link", { name: "Audit" }).count(), 0);
  await it.close();
});

await test("somebody who is not signed in is sent to sign in and sees nothing", async () => {
  const it = await person(null);
  for (const path of ["/console", "/console/confirmations/x", "/console/admin/audit/export", "/console/nowhere", "/"]) {
    const answer = await it.page.request.get(origin + path, { maxRedirects: path === "/" ? 1 : 0 }).catch((error) => error);
    assert.ok(answer instanceof Error || answer.status() === 303, path);
  }
  await it.close();
});

await finish("browser");
