// A day at the demo, from outside: each change is asked for in the chat of a stock client, approved on the web pages by whoever may,
// refused to everybody else, carried out once, and followed through the audit by one id.
// Arguments: origin, password, what the path of a picture begins with, the postern, the demo's data directory.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { finish, test } from "../kit.mjs";
import { people } from "../people.mjs";
import { connect } from "../../ts-v2/journey_client.mjs";

const [origin, password, pictures, postern, data] = process.argv.slice(2);
const { open, signIn, as, look } = people(origin, password, pictures);
const LEAD = "lead@acme.example";
const LEAD_ELSEWHERE = "lead@initech.example";
const SERVICE = "service-lead@msp.example";
const SUPPORT = "support-write@msp.example";
const FINANCE = "finance@msp.example";
const OWNER = "owner@msp.example";
const ADMIN = "admin@msp.example";
const NINA = "nina.park@initech.example";

const opened = new Map();
// A person's stock client, connected once by signing in at a browser; every tool of theirs is listed.
async function chat(email) {
  if (!opened.has(email)) {
    const { page, close } = await open();
    const client = await connect(`${origin}/mcp?toolsets=all`, "Chat", async (address) => {
      await page.goto(address);
      await page.getByRole("button", { name: "Continue" }).click();
      await signIn(page, email);
      await page.getByRole("button", { name: "Allow", exact: true }).click();
      await page.getByRole("heading", { name: "The client has its answer" }).waitFor();
    });
    opened.set(email, { client, close });
  }
  return opened.get(email).client;
}
// A person's browser at the web pages, signed in once.
const desks = new Map();
async function desk(email) {
  if (!desks.has(email)) desks.set(email, await as(email, "/console"));
  return desks.get(email);
}

const embedded = (question, ...values) => {
  const store = new DatabaseSync(path.join(data, "embedded.db"), { readOnly: true });
  try { return Object.values(store.prepare(question).get(...values))[0]; } finally { store.close(); }
};
const rows = (id) => {
  const said = execFileSync(postern, ["audit", "export", data, "--action", id], { encoding: "utf8" });
  return said.trim().split("\n").map((it) => JSON.parse(it)).filter((it) => it.body).map((it) => JSON.parse(it.body));
};

// What a person reads before anything happens: all of `words`, no code of ours, and where to go.
function preview(answer, words) {
  assert.equal(answer.status, "pending_approval", answer.said);
  for (const it of words) assert.ok(answer.message.includes(it), `\`${it}\` is not in:\n${answer.message}`);
  assert.doesNotMatch(answer.message, /\b[a-z]+_[a-z_]+\b/, "a code of ours in what people read");
  assert.match(answer.message, /This waits for an approval\.$/);
  assert.ok(answer.suggested_action.includes(`${origin}/console/approvals/${answer.action_request_id}`), answer.suggested_action);
  assert.equal(answer.data.preview_id, answer.action_request_id);
  return answer.action_request_id;
}

// Who may not approve has no way to it: not in the list, not by its address, not by sending the form.
async function cannot_approve(email, id) {
  const { page, context } = await desk(email);
  await page.goto(`${origin}/console/approvals`);
  assert.equal(await page.locator(`a[href="/console/approvals/${id}"]`).count(), 0, `${email} is offered it`);
  await page.goto(`${origin}/console/approvals/${id}`);
  await page.getByRole("heading", { name: "There is nothing to approve here" }).waitFor();
  // With the secret of their own session, which stands in every form of theirs.
  await page.goto(`${origin}/sign-out`);
  const csrf = await page.locator('main input[name="csrf"]').first().inputValue();
  const sent = await context.request.post(`${origin}/console/approvals/${id}`, { form: { csrf, decision: "approve", reason: "It is fine" },
    headers: { origin, "sec-fetch-site": "same-origin" } });
  assert.equal(sent.status(), 404, `${email} got ${sent.status()}`);
  assert.match(await sent.text(), /There is nothing to approve here/);
}

// The right person looks at it, at three widths in light and dark, and approves. `says` is on the page.
async function approve(email, id, name, says) {
  const { page } = await desk(email);
  await page.goto(`${origin}/console/approvals`);
  await page.locator(`a[href="/console/approvals/${id}"]`).click();
  const main = page.locator("main");
  const shown = await main.innerText();
  for (const it of says) assert.ok(shown.includes(it), `\`${it}\` is not on the page:\n${shown}`);
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await look(page, name, colorScheme);
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.getByLabel("Why").fill("Looked at it, it is right");
  await page.getByRole("button", { name: "Approve" }).click();
  await page.getByRole("heading", { name: "You approved it" }).waitFor();
}
// A field's value before and after, side by side.
async function beside(email, id, field) {
  const { page } = await desk(email);
  await page.goto(`${origin}/console/approvals/${id}`);
  return page.locator("table tr", { hasText: field }).first().locator("td").allInnerTexts();
}

// Carried out: done once, told as done, the same answer again, nothing else under its id, and the log tells it from one end to the other.
async function carry_out(client, write, id, tool, effect) {
  const before = effect();
  const done = await client.ask(write, { preview_id: id });
  assert.equal(done.status, "success", done.said);
  assert.equal(effect(), before + 1, "once");
  const again = await client.ask(write, { preview_id: id });
  assert.deepEqual(again.data, done.data);
  const altered = await client.ask(write, { preview_id: id, customer_id: "globex" });
  assert.equal(altered.code, "VALIDATION_ERROR");
  assert.equal(effect(), before + 1, "never twice");
  await is_done(client, id);
  const steps = rows(id).map((it) => `${it.tool} ${it.phase} ${it.decision}`);
  const expected = [`${tool} single pending`, `${write} single pending`, "console:approve attempt allowed", `${write} attempt allowed`, `${write} outcome allowed`];
  let at = 0;
  for (const it of steps) if (it === expected[at]) at += 1;
  assert.equal(at, expected.length, `expected ${expected.join(", ")} in order, got ${steps.join(", ")}`);
  const { page } = await desk(ADMIN);
  await page.goto(`${origin}/console/admin/audit?action=${id}`);
  assert.equal(await page.locator("tbody tr").count(), steps.length, "the page shows the same rows");
}
async function is_done(client, id) {
  const status = await client.ask("portal.action_request.status", { action_request_id: id });
  assert.equal(status.data.action_requests[0].state, "done", status.said);
}
async function too_early(client, write, id) {
  const early = await client.ask(write, { preview_id: id });
  assert.equal(early.status, "pending_approval", early.said);
  assert.match(early.message, /This waits for an approval\./);
}

let activation;
await test("a portal is opened for a customer and somebody is invited", async () => {
  const client = await chat(SERVICE);
  const before = await client.ask("portal.customer.get", { customer_id: "initech" });
  assert.equal(before.data.portal.activation, "none");
  const args = { customer_id: "initech", welcome_text: "Welcome to your portal, Initech.", service_record_ids: ["PRJ-301"], document_ids: ["DOC-3003"],
    users: [{ email: NINA, first_name: "Nina", last_name: "Park", role_id: "viewer" }] };
  const id = preview(await client.ask("portal.activation.preview", args), ["Open a customer's portal?", "Initech Ltd", "Printer fleet report",
    "Printer care", `Nina Park, ${NINA}, Viewer, service records + documents + raising requests + bookings`]);
  activation = id;
  await too_early(client, "portal.workspace.create", id);
  const invitation = { activation_preview_id: id, email: NINA };
  const refused = await client.ask("portal.user.invite", invitation);
  assert.equal(refused.code, "BLOCKED_BY_RULE");
  assert.match(refused.message, /not approved/);
  for (const it of [SERVICE, SUPPORT, FINANCE, ADMIN, LEAD_ELSEWHERE]) await cannot_approve(it, id);
  const workspaces = () => embedded("SELECT count(*) FROM workspace");
  assert.deepEqual(await beside(OWNER, id, "Portal"), ["there is none", "open"]);
  await approve(OWNER, id, "approve-activation", ["Open a customer's portal?", "Initech Ltd", NINA, "Somebody sees what they did not see before."]);
  await carry_out(client, "portal.workspace.create", id, "portal.activation.preview", workspaces);
  // What was approved names one person with one role; nobody else gets in by it.
  const logins = () => embedded("SELECT count(*) FROM login");
  const there = logins();
  const stranger = await client.ask("portal.user.invite", { activation_preview_id: id, email: "somebody.else@initech.example" });
  assert.equal(stranger.code, "BLOCKED_BY_RULE", stranger.said);
  const invited = await client.ask("portal.user.invite", invitation);
  assert.equal(invited.status, "success", invited.said);
  assert.doesNotMatch(invited.said, /token|secret|http/i, "no link in the chat");
  const twice = await client.ask("portal.user.invite", invitation);
  assert.ok(twice.code === "CONTACT_EXISTS" || twice.data?.contact_id === invited.data.contact_id, twice.said);
  assert.equal(logins(), there + 1);
  assert.equal(embedded("SELECT count(*) FROM login WHERE email = ?", NINA), 1);
  // As the customer sees it.
  const lead = await chat(LEAD_ELSEWHERE);
  const seen = await lead.ask("portal.customer.get", {});
  assert.equal(seen.data.portal.activation, "active", seen.said);
  const users = await lead.ask("portal.portal_users.list", {});
  assert.equal(users.data.users.filter((it) => it.name === "Nina Park").length, 1);
  const second = await client.ask("portal.activation.preview", { customer_id: "initech" });
  assert.equal(second.code, "BLOCKED_BY_RULE", "no second portal");
});

await test("a customer's lead asks for one more person of their own open portal", async () => {
  const lead = await chat(LEAD);
  const args = { email: "rita.new@acme.example", first_name: "Rita", last_name: "New", role_id: "viewer" };
  const asked = await lead.ask("portal.user.invite", args);
  assert.equal(asked.status, "pending_approval", asked.said);
  for (const it of ["Invite somebody to a customer's portal?", "Customer: Acme Corporation", "Rita New", "Viewer"]) assert.ok(asked.message.includes(it), asked.message);
  const id = asked.action_request_id;
  const logins = () => embedded("SELECT count(*) FROM login WHERE email = ?", args.email);
  for (const it of [LEAD, SUPPORT, FINANCE, ADMIN]) await cannot_approve(it, id);
  const outside = await lead.ask("portal.user.invite", { ...args, email: "rita@globex.example" });
  assert.equal(outside.code, "BLOCKED_BY_RULE", outside.said);
  await approve(SERVICE, id, "approve-invitation", ["Invite somebody to a customer's portal?", "Acme Corporation (acme)", args.email, "Somebody gets more rights than before."]);
  assert.equal(logins(), 0, "nobody is let in before the lead's client says so");
  const done = await lead.ask("portal.user.invite", args);
  assert.equal(done.status, "success", done.said);
  assert.doesNotMatch(done.said, /token|secret|http/i, "no link in the chat");
  assert.equal(logins(), 1);
  await is_done(lead, id);
});

await test("a document is published, and its customer sees it then and not before", async () => {
  const client = await chat(SERVICE);
  const lead = await chat(LEAD);
  const visible = async () => (await lead.ask("portal.documents.list", {})).data.documents.filter((it) => it.document_id === "DOC-1004").length;
  assert.equal(await visible(), 0);
  const blocked = await client.ask("portal.document_publish.preview", { customer_id: "acme", document_id: "DOC-1005", version_id: "DOC-1005-v1" });
  assert.equal(blocked.code, "BLOCKED_BY_RULE", "a draft is not even put before anybody");
  const args = { customer_id: "acme", document_id: "DOC-1004", version_id: "DOC-1004-v2" };
  const id = preview(await client.ask("portal.document_publish.preview", args), ["Publish a document to a customer?", "Server room drawing", "Version: 2",
    "Newly visible to: ", "Bob Miller", "it stays visible until it is taken back"]);
  await too_early(client, "portal.document.publish", id);
  for (const it of [SERVICE, SUPPORT, FINANCE, ADMIN, LEAD]) await cannot_approve(it, id);
  assert.equal(await visible(), 0);
  assert.deepEqual(await beside(OWNER, id, "Seen by"), ["nobody", "4 people"]);
  await approve(OWNER, id, "approve-document", ["Publish a document to a customer?", "Server room drawing", "Becomes visible", "Bob Miller"]);
  assert.equal(await visible(), 0, "approved is not carried out");
  await carry_out(client, "portal.document.publish", id, "portal.document_publish.preview", () => embedded(
    "SELECT count(*) FROM publication JOIN document_version v ON v.key = publication.version WHERE v.id = 'DOC-1004-v2'"));
  assert.equal(await visible(), 1);
});

await test("a payment link is made for what is owed, once", async () => {
  const client = await chat(FINANCE);
  const args = { customer_id: "acme", invoice_id: "INV-2103", recipient_contact_id: "CT-000001" };
  const id = preview(await client.ask("portal.payment_action.preview", args), ["Make a payment link?", "INV-2103", "849.50 USD", "Jane Smith", "How: in the portal"]);
  await too_early(client, "portal.invoice.payment_link.create", id);
  for (const it of [FINANCE, SERVICE, SUPPORT, ADMIN, LEAD]) await cannot_approve(it, id);
  assert.deepEqual(await beside(OWNER, id, "Payment link"), ["there is none", "there is one that works"]);
  await approve(OWNER, id, "approve-payment", ["Make a payment link?", "849.50 USD", "Jane Smith"]);
  await carry_out(client, "portal.invoice.payment_link.create", id, "portal.payment_action.preview", () => embedded(
    "SELECT count(*) FROM payment_link JOIN invoice i ON i.key = payment_link.invoice WHERE i.id = 'INV-2103'"));
  const second = await client.ask("portal.payment_action.preview", args);
  assert.equal(second.code, "BLOCKED_BY_RULE", "no second link");
  const lead = await chat(LEAD);
  const invoice = (await lead.ask("portal.invoices.list", {})).data.invoices.find((it) => it.invoice_id === "INV-2103");
  assert.equal(invoice.payment_link, "active");
});

const REQUEST = "TK-2026-000035";
const comments = () => embedded("SELECT count(*) FROM comment JOIN ticket t ON t.key = comment.ticket WHERE t.id = ?", REQUEST);
await test("a reply in one's own words is confirmed by who wrote it, on the web pages", async () => {
  const client = await chat(SUPPORT);
  const words = "The firmware was brought up to date. Please tell us whether it stays up now.";
  const shown = await client.ask("portal.support_reply.preview", { request_id: REQUEST, visibility: "customer_visible", content: words });
  assert.equal(shown.data.needs, "confirmation");
  assert.match(shown.data.summary, /Read by: the customer too/);
  const id = shown.data.preview_id;
  const there = comments();
  const asked = await client.ask("portal.request.reply_add", { preview_id: id });
  assert.equal(asked.status, "pending_confirmation");
  const address = `${origin}/console/confirmations/${asked.confirmation_id}`;
  assert.ok(asked.suggested_action.includes(address));
  // Of somebody else it is nobody's.
  const other = await desk(OWNER);
  await other.page.goto(address);
  assert.equal(await other.page.getByRole("button", { name: "Confirm" }).count(), 0);
  assert.equal(comments(), there);
  const { page } = await desk(SUPPORT);
  await page.goto(address);
  assert.ok((await page.locator("main").innerText()).includes(words));
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await look(page, "confirm-reply", colorScheme);
  }
  await page.getByRole("button", { name: "Confirm" }).click();
  await page.getByRole("heading", { level: 1 }).waitFor();
  await is_done(client, id);
  assert.equal(comments(), there + 1);
  await client.ask("portal.request.reply_add", { preview_id: id });
  assert.equal(comments(), there + 1, "never twice");
  const lead = await chat(LEAD);
  const seen = await lead.ask("portal.request.get", { request_id: REQUEST });
  assert.equal(seen.said.split("The firmware was brought up to date").length - 1, 1, "the customer reads it once");
  assert.ok(rows(id).some((it) => it.tool === "portal.request.reply_add" && it.phase === "outcome" && it.decision === "allowed"));
});

// A sentence of the customer's, long enough to be a quotation.
async function quotation(client) {
  const request = (await client.ask("portal.request.get", { request_id: REQUEST })).data;
  const quoted = request.description.split(/[.⟦]/)[0];
  assert.ok(quoted.split(" ").length >= 8, `too short to be a quotation: ${quoted}`);
  return quoted;
}
await test("a reply that hands the customer's own words back needs somebody else", async () => {
  const client = await chat(SUPPORT);
  const id = preview(await client.ask("portal.support_reply.preview", { request_id: REQUEST, visibility: "customer_visible",
    content: `You wrote: ${await quotation(client)}. We look into that.` }), ["Reply to a customer?", "Quotes what the customer wrote: yes"]);
  await too_early(client, "portal.request.reply_add", id);
  for (const it of [SUPPORT, FINANCE, ADMIN, LEAD]) await cannot_approve(it, id);
  await approve(OWNER, id, "approve-reply", ["Reply to a customer?", "Words that people outside wrote go into it."]);
  await carry_out(client, "portal.request.reply_add", id, "portal.support_reply.preview", comments);
});

await test("what was approved is not carried out once its record has changed", async () => {
  const client = await chat(SUPPORT);
  const id = preview(await client.ask("portal.support_reply.preview", { request_id: REQUEST, visibility: "customer_visible",
    content: `Once more, you wrote: ${await quotation(client)}. It is done.` }), ["Quotes what the customer wrote: yes"]);
  const { page } = await desk(OWNER);
  await page.goto(`${origin}/console/approvals/${id}`);
  await page.getByLabel("Why").fill("Fine");
  await page.getByRole("button", { name: "Approve" }).click();
  await page.getByRole("heading", { name: "You approved it" }).waitFor();
  const said = await (await chat(LEAD)).ask("customer_add_comment", { ticket_id: REQUEST, content: "Please do not, it works now." });
  assert.equal(said.status, "success", said.said);
  const there = comments();
  const late = await client.ask("portal.request.reply_add", { preview_id: id });
  assert.equal(late.code, "PREVIEW_STALE", late.said);
  assert.equal(comments(), there);
});

await test("a rejection is told with its reason, and to nobody else", async () => {
  const client = await chat(SERVICE);
  const id = preview(await client.ask("portal.document_publish.preview", { customer_id: "acme", document_id: "DOC-1006", version_id: "DOC-1006-v1" }), ["Invoice copy INV-2101"]);
  const { page } = await desk(OWNER);
  await page.goto(`${origin}/console/approvals/${id}`);
  await page.getByLabel("Why").fill("They have it on paper");
  await page.getByRole("button", { name: "Reject" }).click();
  await page.getByRole("heading", { name: "You rejected it" }).waitFor();
  const told = await client.ask("portal.document.publish", { preview_id: id });
  assert.equal(told.status, "error", told.said);
  assert.match(told.said, /reject/i);
  const status = await client.ask("portal.action_request.status", { action_request_id: id });
  assert.equal(status.data.action_requests[0].state, "rejected");
  assert.match(status.said, /They have it on paper/);
  const foreign = await (await chat(FINANCE)).ask("portal.action_request.status", { action_request_id: id });
  assert.equal(foreign.code, "ACTION_REQUEST_NOT_FOUND", foreign.said);
});

await test("a customer and an employee ask the same tool, and the log has both", async () => {
  const answers = {};
  for (const email of [LEAD, SUPPORT]) answers[email] = await (await chat(email)).ask("portal.request.get", { request_id: REQUEST });
  const [lead, agent] = [answers[LEAD], answers[SUPPORT]];
  assert.equal(lead.status, "success", lead.said);
  assert.equal(agent.status, "success", agent.said);
  const keys = (it) => new Set(JSON.stringify(it).match(/"[a-z_]+":/g));
  const only = [...keys(agent.data)].filter((it) => !keys(lead.data).has(it));
  assert.ok(only.includes('"internal_notes":'), only.join());
  const note = agent.data.internal_notes[0].content;
  for (const words of note.split(/[.,]/).filter((it) => it.trim().length > 12)) assert.ok(!lead.said.includes(words.trim()), words);
  const { page } = await desk(ADMIN);
  await page.goto(`${origin}/console/admin/audit?tool=portal.request.get`);
  const people = await page.locator('td[data-label="Person"]').allInnerTexts();
  assert.ok(new Set(people).size >= 2, people.join());
});

await test("the lead reads what was done with their records, and their file verifies without the gateway", async () => {
  const { page } = await desk(LEAD);
  const dir = mkdtempSync(path.join(tmpdir(), "postern-statement-"));
  for (const colorScheme of ["light", "dark"]) {
    await page.goto(`${origin}/console/transparency`);
    await page.emulateMedia({ colorScheme });
    await look(page, "transparency", colorScheme);
  }
  const words = await page.locator("main").innerText();
  for (const it of ["Publish a document", "Make a payment link", "Reply to a request"]) assert.ok(words.includes(it), it);
  const take = async (link, as) => {
    const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
    await download.saveAs(path.join(dir, as));
  };
  await take(page.getByRole("link", { name: "Download as a signed file" }), "transparency.jsonl");
  await take(page.getByRole("link", { name: "this public key" }), "audit-public.key");
  const verify = () => execFileSync(postern, ["audit", "verify", "transparency.jsonl", "--public-key", "audit-public.key"], { cwd: dir, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  assert.match(verify(), /whole/);
  const file = path.join(dir, "transparency.jsonl");
  const text = readFileSync(file, "utf8");
  assert.ok(!text.includes("initech"), "of their own organisation alone");
  execFileSync("sed", ["-i", "0,/allowed/s//refused/", file]);
  assert.throws(verify, "a word changed in it is noticed");
  rmSync(dir, { recursive: true, force: true });
});

await test("the requester's own page and the log's search tell the story", async () => {
  const { page } = await desk(SERVICE);
  await page.goto(`${origin}/console/requests`);
  assert.match(await page.locator("main").innerText(), /It was carried out once\./);
  for (const [who, where, name] of [[SERVICE, "/console/requests", "requests"], [ADMIN, `/console/admin/audit?action=${activation}`, "audit-request"], [OWNER, "/console/approvals", "approvals-none"]]) {
    const { page } = await desk(who);
    for (const colorScheme of ["light", "dark"]) {
      await page.goto(origin + where);
      await page.emulateMedia({ colorScheme });
      await look(page, name, colorScheme);
    }
  }
  assert.match(execFileSync(postern, ["audit", "verify", data], { encoding: "utf8" }), /the audit log is whole/);
});

await test("the pages and clients loaded nothing from elsewhere and complained of nothing", async () => {
  for (const it of opened.values()) { await it.client.close(); await it.close(); }
  for (const it of desks.values()) await it.close();
});
await finish("journey");
