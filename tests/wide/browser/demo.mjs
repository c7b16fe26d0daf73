// The demo as a newcomer meets it, in Chromium, with its real sign-in: people sign in, connect clients, choose what these may do, and
// cut them off. Arguments: origin, the demo's password, folder for pictures, folder of the installed clients.
import assert from "node:assert/strict";
import { createHash, createHmac, randomBytes } from "node:crypto";
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { finish, test } from "./kit.mjs";
import { people } from "./people.mjs";

const [origin, password, pictures, installed] = process.argv.slice(2);
const LEAD = "lead@acme.example";
const AGENT = "support-write@msp.example";
const ADMIN = "admin@msp.example";
const LEADER = "service-lead@msp.example";
const OWNER = "owner@msp.example";
const { open, signIn, as, look } = people(origin, password, `${pictures}/demo-`);

// A client of this script, answered on this machine.
class Client {
  static async register(name) {
    const it = new Client();
    it.server = http.createServer((request, response) => {
      const url = new URL(request.url, "http://127.0.0.1");
      if (url.pathname === "/callback") it.came?.(url.searchParams);
      response.setHeader("content-type", "text/html").end("<!doctype html><html lang=en><title>Done</title><h1>The client has its answer</h1></html>");
    });
    await new Promise((listening) => it.server.listen(0, "127.0.0.1", listening));
    it.redirect = `http://127.0.0.1:${it.server.address().port}/callback`;
    const answer = await fetch(`${origin}/register`, { method: "POST", headers: { "content-type": "application/json" },
      body: JSON.stringify({ client_name: name, redirect_uris: [it.redirect], token_endpoint_auth_method: "none" }) });
    assert.equal(answer.status, 201);
    it.id = (await answer.json()).client_id;
    return it;
  }

  // Where a person goes to connect it.
  begin() {
    this.verifier = randomBytes(32).toString("base64url");
    this.state = randomBytes(8).toString("base64url");
    this.answered = new Promise((came) => { this.came = came; });
    return `${origin}/authorize?${new URLSearchParams({ response_type: "code", client_id: this.id, redirect_uri: this.redirect, state: this.state,
      resource: `${origin}/mcp`, code_challenge: createHash("sha256").update(this.verifier).digest("base64url"), code_challenge_method: "S256" })}`;
  }

  async tokens() {
    const came = await this.answered;
    assert.equal(came.get("state"), this.state);
    assert.equal(came.get("iss"), origin);
    const answer = await fetch(`${origin}/token`, { method: "POST", body: new URLSearchParams({ grant_type: "authorization_code", client_id: this.id,
      code: came.get("code"), redirect_uri: this.redirect, code_verifier: this.verifier, resource: `${origin}/mcp` }) });
    assert.equal(answer.status, 200);
    this.token = await answer.json();
    return this.token;
  }

  async rpc(method, params, more = {}) {
    const _meta = { "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {} };
    const answer = await fetch(`${origin}/mcp`, { method: "POST", body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: { ...params, _meta } }),
      headers: { authorization: `Bearer ${this.token.access_token}`, "content-type": "application/json", accept: "application/json, text/event-stream",
        "mcp-protocol-version": "2026-07-28", "mcp-method": method, ...more } });
    return { status: answer.status, json: await answer.json().catch(() => ({})) };
  }

  async names() {
    return (await this.rpc("tools/list", {})).json.result.tools.map((it) => it.name);
  }

  call(tool, args) {
    return this.rpc("tools/call", { name: tool, arguments: args }, { "mcp-name": tool });
  }

  close() {
    this.server.close();
  }
}
const untick = (page, scope) => page.locator(`input[name="scope"][value="${scope}"]`).uncheck();
const allow = (page) => page.getByRole("button", { name: "Allow", exact: true }).click();

for (const [email, reads, writes] of [[LEAD, "customer_list_tickets", "customer_submit_ticket"], [AGENT, "search_tickets", "close_ticket"]]) {
  for (const javaScriptEnabled of [true, false]) {
    await test(`${email} connects a client, withholds a scope, and cuts it off, JavaScript ${javaScriptEnabled}`, async () => {
      const client = await Client.register("Assistant");
      const { page, close } = await open({ javaScriptEnabled });
      await page.goto(client.begin());
      assert.match(await page.locator("h1").textContent(), /Assistant wants to connect/);
      await page.getByRole("button", { name: "Continue" }).click();
      await signIn(page, email);
      await page.getByRole("heading", { name: /What may Assistant do/ }).waitFor();
      assert.match(await page.locator("main").textContent(), /this computer/);
      const offered = await page.locator('input[name="scope"]').evaluateAll((all) => all.map((it) => it.value));
      assert.ok(offered.includes("support.read") && offered.includes("support.write"), offered.join());
      await untick(page, "support.write");
      await allow(page);
      await page.getByRole("heading", { name: "The client has its answer" }).waitFor();
      const { scope } = await client.tokens();
      assert.ok(!scope.split(" ").includes("support.write") && scope.split(" ").includes("support.read"), scope);
      const names = await client.names();
      assert.ok(names.includes(reads) && !names.includes(writes), names.join());
      const called = await client.call(reads, { limit: 3 });
      assert.equal(called.json.result.structuredContent.status, "success");
      const withheld = await client.call(writes, { ticket_id: "TK-000001", subject: "x", description: "x", resolution: "x" });
      assert.ok(withheld.status === 403 || withheld.json.error || withheld.json.result?.isError, JSON.stringify(withheld));
      // With everything ticked the tool is there.
      await page.goto(client.begin());
      await page.getByText("You connected it before.").waitFor();
      await allow(page);
      await page.getByRole("heading", { name: "The client has its answer" }).waitFor();
      await client.tokens();
      assert.ok((await client.names()).includes(writes));
      await page.goto(`${origin}/console/clients`);
      assert.match(await page.locator("main").textContent(), /Assistant/);
      await page.getByRole("link", { name: "Revoke Assistant" }).first().click();
      const began = performance.now();
      await page.getByRole("button", { name: "Revoke" }).click();
      await page.getByRole("heading", { name: "The client is cut off" }).waitFor();
      const refused = await client.call(reads, { limit: 3 });
      assert.equal(refused.status, 401);
      assert.ok(performance.now() - began < 1000, `${performance.now() - began} ms`);
      client.close();
      await close();
    });
  }
}

await test("somebody else signs in from the consent, and is the one who is asked", async () => {
  const client = await Client.register("Handed over");
  const { page, close } = await open();
  await page.goto(client.begin());
  await page.getByRole("button", { name: "Continue" }).click();
  await signIn(page, "basic@acme.example");
  await page.getByRole("link", { name: "Use another account" }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("link", { name: "Sign in again" }).click();
  await signIn(page, LEAD);
  await page.getByRole("heading", { name: /What may Handed over do/ }).waitFor();
  await allow(page);
  await page.getByRole("heading", { name: "The client has its answer" }).waitFor();
  await client.tokens();
  assert.ok((await client.names()).includes("customer_list_contacts"), "the lead's tools");
  client.close();
  await close();
});

await test("who declines gives the client no code", async () => {
  const client = await Client.register("Declined");
  const { page, close } = await open();
  await page.goto(client.begin());
  await page.getByRole("button", { name: "Continue" }).click();
  await signIn(page, LEAD);
  await page.getByRole("button", { name: "Do not allow" }).click();
  await page.getByRole("heading", { name: "The client has its answer" }).waitFor();
  const came = await client.answered;
  assert.equal(came.get("error"), "access_denied");
  assert.equal(came.get("code"), null);
  client.close();
  await close();
});

await test("a wrong password and an account that is not there say the same, and nobody is signed in", async () => {
  const said = [];
  for (const email of [LEAD, "nobody@acme.example"]) {
    const { page, context, close } = await open();
    await page.goto(`${origin}/console`);
    await page.getByLabel("E-mail address").fill(email);
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByLabel("Password").fill("not the password");
    await page.getByRole("button", { name: "Sign in" }).click();
    said.push(await page.getByRole("alert").textContent());
    assert.ok(!(await context.cookies()).some((it) => it.name.endsWith("postern_session")));
    await close();
  }
  assert.equal(said[0], said[1]);
});

// The cards' own commands, run as they stand, in a home of their own; the browser they open is this one.
const home = mkdtempSync(path.join(tmpdir(), "postern-clients-"));
const asked = path.join(home, "opened");
mkdirSync(path.join(home, "bin"));
for (const name of ["xdg-open", "open", "browser"]) {
  writeFileSync(path.join(home, "bin", name), `#!/bin/sh\nprintf '%s' "$1" >"${asked}.new" && mv "${asked}.new" "${asked}"\n`);
  chmodSync(path.join(home, "bin", name), 0o755);
}
const bins = ["claude", "codex", "inspector"].map((it) => path.join(installed, it, "node_modules", ".bin"));
const environment = { ...process.env, HOME: home, CODEX_HOME: path.join(home, ".codex"), BROWSER: path.join(home, "bin", "browser"),
  PATH: [path.join(home, "bin"), ...bins, process.env.PATH].join(path.delimiter) };
mkdirSync(environment.CODEX_HOME);

// Runs a command at a terminal: what it said, and its end.
function at_terminal(command, cwd = home) {
  const running = spawn("script", ["-qec", command, "/dev/null"], { cwd, env: environment, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const from of [running.stdout, running.stderr]) from.on("data", (part) => { said += part; });
  const timer = setTimeout(() => running.kill(), 90_000);
  const ended = new Promise((end) => running.on("close", (code) => { clearTimeout(timer); end({ code, said: said.replaceAll("\r", "") }); }));
  return { ended };
}
// Runs a command, and the person allows whatever it opens.
async function with_browser(page, command, cwd) {
  rmSync(asked, { force: true });
  const { ended } = at_terminal(command, cwd);
  let done;
  ended.then((it) => { done = it; });
  while (!done) {
    if (existsSync(asked)) {
      const url = readFileSync(asked, "utf8");
      rmSync(asked);
      await page.goto(url);
      await allow(page);
      await page.waitForURL((it) => !it.href.startsWith(origin));
    }
    await new Promise((soon) => setTimeout(soon, 100));
  }
  return done;
}
async function commands(page, card) {
  await page.goto(`${origin}/console`);
  await page.locator(`#${card} summary`).click();
  return page.locator(`#${card} pre`).allTextContents();
}

for (const email of [LEAD, AGENT]) {
  await test(`${email} connects Claude Code by its card's commands`, async () => {
    const { page, close } = await as(email);
    const [add, login] = await commands(page, "claude-code");
    await at_terminal("claude mcp remove postern-demo").ended;
    const added = await at_terminal(add).ended;
    assert.equal(added.code, 0, added.said);
    const signed = await with_browser(page, login);
    const listed = await at_terminal("claude mcp list").ended;
    assert.match(listed.said, /✔.*Connected/, signed.said + listed.said);
    await page.goto(`${origin}/console/clients`);
    assert.match(await page.locator("main").textContent(), /Claude Code/);
    await page.getByRole("link", { name: /Revoke Claude Code/ }).first().click();
    await page.getByRole("button", { name: "Revoke" }).click();
    await page.getByRole("heading", { name: "The client is cut off" }).waitFor();
    const after = await at_terminal("claude mcp list").ended;
    assert.doesNotMatch(after.said, /✔.*Connected/, after.said);
    await close();
  });
}

await test("the Inspector and Codex are connected by their cards' commands", async () => {
  const { page, close } = await as(LEAD);
  const other = await commands(page, "other");
  const inspect = other.find((it) => it.includes("inspector"));
  const listed = await with_browser(page, inspect, path.join(installed, "inspector"));
  assert.match(listed.said, /customer_list_tickets/, listed.said.slice(-600));
  const [add] = await commands(page, "codex");
  const added = await with_browser(page, add);
  const logged = await at_terminal("codex mcp list").ended;
  assert.match(logged.said, /postern-demo.*OAuth/, added.said + logged.said);
  await close();
});

// Something for the pages to show: a client, a change that waits for its person, and one that waits for somebody else.
const assistant = await Client.register("Assistant");
{
  const { page, close } = await open();
  await page.goto(assistant.begin());
  await page.getByRole("button", { name: "Continue" }).click();
  await signIn(page, LEADER);
  await allow(page);
  await page.getByRole("heading", { name: "The client has its answer" }).waitFor();
  await assistant.tokens();
  const found = await assistant.call("search_tickets", { limit: 1 });
  const ticket = found.json.result.structuredContent.data.tickets[0].ticket_id;
  await assistant.call("escalate_ticket", { ticket_id: ticket, target: "Network team", reason: "Second outage this week" });
  await assistant.call("portal.document_publish.preview", { customer_id: "acme", document_id: "DOC-1004", version_id: "DOC-1004-v2" });
  await close();
}

// What is reached by links and buttons alone, in both colours.
for (const colorScheme of ["light", "dark"]) {
  await test(`what one clicks through is accessible and fits, ${colorScheme}`, async () => {
    const leader = await as(LEADER, "/console/confirmations", { colorScheme });
    await leader.page.getByRole("link", { name: "Look and decide" }).first().click();
    await look(leader.page, "confirmation", colorScheme);
    await leader.page.goto(`${origin}/console/clients`);
    await leader.page.getByRole("link", { name: /Revoke Assistant/ }).first().click();
    await look(leader.page, "revoke", colorScheme);
    await leader.close();
    const owner = await as(OWNER, "/console/approvals", { colorScheme });
    await owner.page.getByRole("link", { name: "Look and decide" }).first().click();
    await look(owner.page, "approval", colorScheme);
    // A reason that is too long to be taken is told on a page, and decides nothing.
    await owner.page.getByLabel("Why").evaluate((it) => { it.removeAttribute("maxlength"); it.value = "x".repeat(9000); });
    await owner.page.getByRole("button", { name: "Approve" }).click();
    await owner.page.getByRole("heading", { name: "This cannot be read" }).waitFor();
    await look(owner.page, "too-long", colorScheme);
    await owner.page.goto(`${origin}/console/approvals`);
    await owner.page.getByRole("link", { name: "Look and decide" }).first().waitFor();
    await owner.close();
  });
}

await test("a person takes a request of theirs back, and nobody is asked about it any more", async () => {
  const { page, close } = await as(LEADER, "/console/requests");
  const before = await page.getByRole("button", { name: "Take it back" }).count();
  assert.ok(before >= 1);
  await page.getByRole("button", { name: "Take it back" }).first().click();
  await page.goto(`${origin}/console/requests`);
  assert.equal(await page.getByRole("button", { name: "Take it back" }).count(), before - 1);
  await close();
  const owner = await as(OWNER, "/console/approvals");
  assert.equal(await owner.page.getByRole("link", { name: "Look and decide" }).count(), 0);
  await owner.close();
  // For whoever decides below.
  await assistant.call("portal.document_publish.preview", { customer_id: "acme", document_id: "DOC-1004", version_id: "DOC-1004-v2" });
});

await test("a lead takes away what was read and changed as a signed file, and the key that verifies it", async () => {
  const { page, close } = await as(LEAD, "/console/transparency");
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Download as a signed file" }).click()]);
  const lines = readFileSync(await file.path(), "utf8").trim().split("\n").map(JSON.parse);
  assert.ok(lines.length > 1, lines.length);
  const [key] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "this public key" }).click()]);
  assert.match(readFileSync(await key.path(), "utf8").trim(), /^[0-9a-f]{64}$/);
  await close();
});

// What an authenticator app does with the secret of a page (RFC 6238).
function code_of(secret, at = Date.now()) {
  let bits = "";
  for (const letter of secret.replaceAll(" ", "")) bits += "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0");
  const key = Buffer.from(bits.match(/.{8}/g).map((it) => Number.parseInt(it, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const tag = createHmac("sha1", key).update(counter).digest();
  return String((tag.readUInt32BE(tag.at(-1) & 15) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

await test("a person sets an authenticator app up with their password, and is asked for its code from then on", async () => {
  const who = "lead@initech.example";
  const it = await as(who, "/account/totp");
  await it.page.getByLabel("Code", { exact: true }).fill("000000");
  await it.page.getByLabel("Present password").fill(password);
  await it.page.getByRole("button", { name: "Finish" }).click();
  await it.page.getByRole("alert").waitFor();
  await look(it.page, "totp-wrong", "light");
  const secret = await it.page.locator('[data-copy="the secret"] .code').textContent();
  await it.page.getByLabel("Code", { exact: true }).fill(code_of(secret));
  await it.page.getByLabel("Present password").fill(password);
  await it.page.getByRole("button", { name: "Finish" }).click();
  await it.page.locator("ul.codes").waitFor();
  await look(it.page, "recovery", "light");
  const [recovery] = await it.page.locator("ul.codes li").allTextContents();
  await it.close();
  const { page, close } = await open();
  await page.goto(`${origin}/console`);
  await signIn(page, who);
  await look(page, "code", "light");
  await page.getByLabel("Code", { exact: true }).fill("000000");
  await page.getByRole("button").first().click();
  await page.getByRole("alert").waitFor();
  await page.getByLabel("Code", { exact: true }).fill(recovery);
  await page.getByRole("button").first().click();
  await page.waitForURL(`${origin}/console`);
  await close();
});

for (const colorScheme of ["light", "dark"]) {
  await test(`the way in is accessible and fits, ${colorScheme}`, async () => {
    const client = await Client.register("Assistant");
    const { page, close } = await open({ colorScheme });
    await page.goto(client.begin());
    await look(page, "connect", colorScheme);
    await page.getByRole("button", { name: "Continue" }).click();
    await look(page, "email", colorScheme);
    await page.getByLabel("E-mail address").fill(LEAD);
    await page.getByRole("button", { name: "Continue" }).click();
    await look(page, "password", colorScheme);
    await page.getByLabel("Password").fill("not the password");
    await page.getByRole("button", { name: "Sign in" }).click();
    await look(page, "password-wrong", colorScheme);
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: /What may Assistant do/ }).waitFor();
    await look(page, "consent", colorScheme);
    for (const box of await page.locator('input[name="scope"]:enabled').all()) await box.uncheck();
    await allow(page);
    await page.getByRole("alert").waitFor();
    await look(page, "consent-nothing", colorScheme);
    client.close();
    await close();
  });
  const pages = [
    ["server", LEAD, "/console"], ["clients-empty", "basic@globex.example", "/console/clients"], ["clients", LEADER, "/console/clients"],
    ["confirmations", LEADER, "/console/confirmations"], ["approvals", OWNER, "/console/approvals"], ["activity", LEADER, "/console/activity"],
    ["requests", LEADER, "/console/requests"], ["requests-empty", "basic@globex.example", "/console/requests"],
    ["transparency", LEAD, "/console/transparency"], ["transparency-nothing", LEAD, "/console/transparency", "?until=2026-01-01T00:00"],
    ["transparency-wrong", LEAD, "/console/transparency", "?since=2026-11-02T00:00&until=2026-11-01T00:00"],
    ["chooser", null, "/sign-in", "?list=true"], ["forgot", null, "/sign-in/msp-example/customer/forgot"],
    ["reset-stale", null, "/sign-in/msp-example/customer/reset", "?token=none"], ["signed-out", null, "/signed-out"],
    ["authorize-unknown", null, "/authorize", "?client_id=nobody"],
    ["all-clients", ADMIN, "/console/admin/clients"], ["tools", ADMIN, "/console/admin/tools"], ["integrations", ADMIN, "/console/admin/integrations"],
    ["organisations", ADMIN, "/console/admin/organisations"], ["audit", ADMIN, "/console/admin/audit"], ["password", LEAD, "/account/password"],
    ["totp", LEAD, "/account/totp"], ["sign-out", LEAD, "/sign-out"], ["nowhere", LEAD, "/console/nowhere"],
  ];
  const people = new Map();
  for (const [name, email, where, query = ""] of pages) {
    await test(`${name} of ${email ?? "nobody"} is accessible and fits, ${colorScheme}`, async () => {
      if (!people.has(email)) people.set(email, email ? await as(email, "/console", { colorScheme }) : await open({ colorScheme }));
      const { page } = people.get(email);
      await page.goto(origin + where + query);
      assert.equal(new URL(page.url()).pathname, where);
      await look(page, `own-${name}`, colorScheme);
    });
  }
  for (const [email, it] of people) await test(`${email ?? "nobody"}'s pages loaded nothing of anybody else's, ${colorScheme}`, it.close);
}

await test("a person approves what another asked for, and the client carries it out", async () => {
  const { page, close } = await as(OWNER, "/console/approvals");
  await page.getByRole("link", { name: "Look and decide" }).first().click();
  await page.getByLabel("Why").fill("Looked at it with Jane");
  await page.getByRole("button", { name: "Approve" }).click();
  assert.match(await page.locator("main").textContent(), /approved/i);
  await close();
});

await test("an administrator exports what the audit log found", async () => {
  const { page, close } = await as(ADMIN, "/console/admin/audit");
  await page.getByLabel("Tool").selectOption("search_tickets");
  await page.getByRole("button", { name: "Search" }).click();
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Export as JSON lines" }).click()]);
  const bodies = readFileSync(await download.path(), "utf8").trim().split("\n").map(JSON.parse).filter((it) => it.body).map((it) => JSON.parse(it.body));
  assert.ok(bodies.length > 0 && bodies.every((it) => it.tool === "search_tickets"));
  await close();
});

assistant.close();
rmSync(home, { recursive: true, force: true });
await finish("browser on the demo");
