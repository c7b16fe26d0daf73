// Calls the gateway as customers and as an employee, and judges what Request Tracker's tickets look like from there.
// Arguments: MCP-URL ISSUER RT-URL. The tickets are those of ../request-tracker/seed.pl, by number.
import assert from "node:assert/strict";

const [url, issuer, rt] = process.argv.slice(2);
const VERSION = "2026-07-28";

async function tokenOf(person) {
  const answer = await fetch(`${issuer}/token?${new URLSearchParams(person)}`);
  assert.equal(answer.status, 200, "the issuer gives a token");
  return answer.text();
}

const people = {
  jane: { realm: "customer", email: "jane@acme.example", name: "Jane Smith", role: "basic-customer", organization: "acme" },
  lead: { realm: "customer", email: "john@acme.example", name: "John O'Hara", role: "lead-customer", organization: "acme" },
  bob: { realm: "customer", email: "bob@globex.example", name: "Bob Brown", role: "lead-customer", organization: "globex" },
  tess: { realm: "employee", email: "tech1@msp.example", name: "Tess Tech", role: "support-write" },
};
const tokens = {};
for (const [name, person] of Object.entries(people)) tokens[name] = await tokenOf(person);

let id = 0;
async function send(token, method, params) {
  id += 1;
  const headers = {
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    "mcp-protocol-version": VERSION,
    "mcp-method": method,
  };
  if (params.name) headers["mcp-name"] = params.name;
  if (token) headers.authorization = `Bearer ${token}`;
  const _meta = { "io.modelcontextprotocol/protocolVersion": VERSION, "io.modelcontextprotocol/clientCapabilities": {} };
  const body = JSON.stringify({ jsonrpc: "2.0", id, method, params: { ...params, _meta } });
  const answer = await fetch(url, { method: "POST", headers, body });
  return { status: answer.status, text: await answer.text() };
}

// call: a tool's envelope, and the whole answer as it came, for searches.
async function call(who, name, args) {
  const { status, text } = await send(tokens[who], "tools/call", { name, arguments: args });
  assert.equal(status, 200, text);
  const result = JSON.parse(text).result;
  assert.deepEqual(JSON.parse(result.content[0].text), result.structuredContent, "the text is a copy of the structure");
  return { ...result.structuredContent, whole: text };
}

async function good(who, name, args) {
  const answer = await call(who, name, args);
  assert.equal(answer.status, "success", `${name}: ${answer.whole}`);
  return answer;
}

async function refused(who, name, args, code) {
  const answer = await call(who, name, args);
  assert.equal(answer.status, "error", answer.whole);
  assert.equal(answer.code, code, answer.whole);
  return answer;
}

// What Request Tracker itself says about a ticket: its messages, told apart by kind.
async function messagesInRt(ticket) {
  const authorization = `Basic ${Buffer.from("postern:postern-pass-1").toString("base64")}`;
  const list = await fetch(`${rt}/REST/2.0/ticket/${ticket}/history?fields=Type,Content&per_page=100`, { headers: { authorization } });
  assert.equal(list.status, 200);
  const kinds = [];
  for (const item of (await list.json()).items) {
    const attachments = await fetch(`${rt}/REST/2.0/transaction/${item.id}/attachments?fields=Content`, { headers: { authorization } });
    for (const it of (await attachments.json()).items) {
      kinds.push({ type: item.Type, text: it.Content ?? "" });
    }
  }
  return kinds;
}

const ids = (answer) => answer.data.tickets.map((it) => it.ticket_id);
const NOTES = /canaryacme|canaryglobex/;

const tests = {
  async "without a token nothing is answered"() {
    const { status, text } = await send(undefined, "tools/list", {});
    assert.equal(status, 401);
    assert.doesNotMatch(text, /customer_list_tickets/);
  },
  async "each realm sees its own tools"() {
    const names = async (who) => JSON.parse((await send(tokens[who], "tools/list", {})).text).result.tools.map((it) => it.name);
    const [customer, employee] = [await names("jane"), await names("tess")];
    assert.ok(customer.includes("customer_list_tickets") && !customer.includes("search_tickets"), customer.join());
    assert.ok(employee.includes("search_tickets") && !employee.includes("customer_list_tickets"), employee.join());
    const crossed = await call("jane", "search_tickets", {}).catch((error) => ({ whole: String(error) }));
    assert.ok(crossed.status !== "success" && !/Outlook|VPN/.test(crossed.whole), crossed.whole);
  },
  async "a customer lists the tickets of their organization that they may see"() {
    const mine = await good("jane", "customer_list_tickets", { limit: 50, status: "all" });
    assert.ok(ids(mine).includes("1"), mine.whole);
    for (const hidden of ["3", "4", "5", "6"]) assert.ok(!ids(mine).includes(hidden), `ticket ${hidden} is listed`);
    assert.doesNotMatch(mine.whole, /VPN|globex|Payroll/i);
    assert.doesNotMatch(mine.whole, NOTES);
  },
  async "the organisation's lead sees no other organisation's tickets either"() {
    const all = await good("lead", "customer_list_tickets", { limit: 50, status: "all" });
    for (const hidden of ["4", "6"]) assert.ok(!ids(all).includes(hidden), `ticket ${hidden} is listed`);
    const theirs = await good("bob", "customer_list_tickets", { limit: 50, status: "all" });
    assert.deepEqual(ids(theirs), ["4"]);
  },
  async "an internal comment never reaches a customer, and does reach an employee"() {
    const mine = await good("jane", "customer_get_ticket", { ticket_id: "1" });
    assert.match(mine.whole, /We are looking into it/);
    assert.doesNotMatch(mine.whole, NOTES);
    assert.doesNotMatch(mine.whole, /"internal/);
    const staff = await good("tess", "get_ticket", { ticket_id: "1" });
    assert.match(staff.whole, /canaryacme/, "without this the check on the customer's answer proves nothing");
    const found = await good("tess", "search_tickets", { query: "canaryglobex" });
    assert.deepEqual(ids(found), ["4"]);
  },
  async "b01 another organisation's ticket is a missing one, to the byte"() {
    const plain = ({ whole }, ticket) => whole.replace(/"(id|request_id)":("[^"]*"|\d+)/g, "").replaceAll(`\`${ticket}\``, "");
    for (const who of ["jane", "lead"]) {
      const foreign = await refused(who, "customer_get_ticket", { ticket_id: "4" }, "TICKET_NOT_FOUND");
      const missing = await refused(who, "customer_get_ticket", { ticket_id: "999999" }, "TICKET_NOT_FOUND");
      assert.equal(plain(foreign, "4"), plain(missing, "999999"));
    }
    await refused("bob", "customer_get_ticket", { ticket_id: "1" }, "TICKET_NOT_FOUND");
    await refused("jane", "customer_get_ticket", { ticket_id: "6" }, "TICKET_NOT_FOUND");
  },
  async "a colleague's private ticket is refused as such"() {
    await refused("jane", "customer_get_ticket", { ticket_id: "3" }, "ACCESS_DENIED");
  },
  async "a comment is written to the own ticket, in public, and to nobody else's"() {
    await good("jane", "customer_add_comment", { ticket_id: "1", content: "It still fails, says the endtoend test" });
    const seen = await good("jane", "customer_get_ticket", { ticket_id: "1" });
    assert.match(seen.whole, /says the endtoend test/);
    const inRt = (await messagesInRt(1)).filter((it) => it.text.includes("says the endtoend test"));
    assert.deepEqual(inRt.map((it) => it.type), ["Correspond"], "once, and as an answer");
    // Request Tracker itself would take this one: everybody may reply there.
    await refused("jane", "customer_add_comment", { ticket_id: "4", content: "from another customer" }, "TICKET_NOT_FOUND");
    const theirs = (await messagesInRt(4)).map((it) => it.text);
    assert.ok(theirs.some((it) => it.includes("globexonly")), "the messages of ticket 4 are read");
    assert.ok(!theirs.some((it) => it.includes("from another customer")));
  },
  async "a ticket is opened in the own organisation's queue, and both sides find it"() {
    const made = await good("jane", "customer_submit_ticket", { subject: "A new laptop, endtoend", description: "The old one is slow", priority: "high" });
    const ticket = made.data.ticket_id;
    const mine = await good("jane", "customer_get_ticket", { ticket_id: ticket });
    assert.match(mine.whole, /A new laptop, endtoend/);
    const staff = await good("tess", "get_ticket", { ticket_id: ticket });
    assert.match(staff.whole, /acme/i);
    await refused("bob", "customer_get_ticket", { ticket_id: ticket }, "TICKET_NOT_FOUND");
  },
  async "an argument cannot widen whose tickets are read"() {
    await refused("jane", "customer_list_tickets", { organization_id: "globex" }, "VALIDATION_ERROR");
    const staff = await good("tess", "search_tickets", { organization_id: "globex", status: "all" });
    assert.deepEqual(ids(staff), ["4"]);
  },
};

let [passed, failed] = [0, 0];
for (const [name, test] of Object.entries(tests)) {
  try {
    await test();
    passed += 1;
    console.log(`ok      ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name}\n        ${String(error.message).split("\n").slice(0, 12).join("\n        ")}`);
  }
}
console.log(`gateway-rt: ${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
