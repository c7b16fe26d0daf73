// People of two realms of a certified provider sign in through Postern. Arguments: Postern's origin, both issuers, and the process
// of the employees' realm, which is stopped at the end. Prints a line for each check.
import { Browser, Client } from "./browser.mjs";

const [origin, customers, employees, employeesProcess] = process.argv.slice(2);
let [passed, failed] = [0, 0];
async function check(what, run) {
  try {
    const figure = await run();
    passed += 1;
    console.log(`ok     ${what}${figure ? ` (${figure})` : ""}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${what}\n       ${String(error.stack ?? error).split("\n").slice(0, 4).join("\n       ")}`);
  }
}
const hold = (good, ...said) => { if (!good) throw new Error(said.map((it) => (typeof it === "string" ? it : JSON.stringify(it))).join(" ").slice(0, 600)); };
const operate = async (issuer, what, change = {}) => {
  const answer = await fetch(`${issuer}/operate/${what}`, { method: "POST", body: JSON.stringify(change) });
  hold(answer.status === 200, what, answer.status);
  return answer.json();
};
const page = async (browser, path) => (await browser.ask(`${origin}${path}`));

const LEAD = "lead@acme.example";
const AGENT = "support-write@msp.example";

for (const [email, issuer, tool, others] of [[LEAD, customers, "customer_list_tickets", "search_tickets"], [AGENT, employees, "search_tickets", "customer_list_tickets"]]) {
  await check(`${email} signs in at the realm, connects a client, and calls \`${tool}\` alone`, async () => {
    const browser = new Browser(email);
    const client = await Client.register(origin, "Certified check");
    const { access_token: access, refresh_token: refresh } = await client.connect(browser);
    hold(browser.visited.some((it) => it.startsWith(`${issuer}/auth?`) && it.includes("code_challenge_method=S256") && it.includes("nonce=")), browser.visited);
    const got = await client.call(access, tool);
    hold(got.envelope.status === "success" && got.text.includes("ticket_id"), got.text);
    if (email === LEAD) hold(!/"internal_notes"|"internal_note_count"|"escalation_history"/.test(got.text), got.text);
    const refused = await client.call(access, others);
    hold(refused.envelope.status !== "success", refused.text);
    hold((await client.refresh(refresh)).status === 200, "refreshed");
    return `${browser.visited.length} requests of the browser`;
  });
}

await check("an answer of the realm counts once, in its own browser and at its own realm", async () => {
  const browser = new Browser(LEAD);
  const back = `${origin}/sign-in/msp-example/customer/callback`;
  const { url } = await browser.open(`${origin}/sign-in/msp-example/customer`, { stop: back });
  const elsewhere = url.replace("/customer/", "/employee/");
  hold((await new Browser(LEAD).ask(url)).status === 400, "another browser");
  hold((await browser.ask(elsewhere)).status === 400, "the other realm");
  hold((await browser.ask(url)).status === 303, "the right one");
  hold((await browser.ask(url)).status === 400, "again");
});

await check("the same subject in both realms is two people", async () => {
  const [one, two] = [new Browser("twin@acme.example"), new Browser("twin@msp.example")];
  const [customer, employee] = [await Client.register(origin, "Twin of Acme"), await Client.register(origin, "Twin of the MSP")];
  await customer.connect(one);
  await employee.connect(two);
  const theirs = async (browser) => (await page(browser, "/console/clients")).text();
  const [first, second] = [await theirs(one), await theirs(two)];
  hold(first.includes("Twin of Acme") && !first.includes("Twin of the MSP"), "customer");
  hold(second.includes("Twin of the MSP") && !second.includes("Twin of Acme"), "employee");
});

for (const [email, issuer, tool] of [[LEAD, customers, "customer_list_tickets"], [AGENT, employees, "search_tickets"]]) {
  await check(`${email} signs out at the realm, and everything of that session has ended within a second`, async () => {
    const browser = new Browser(email);
    const other = new Browser(email);
    const client = await Client.register(origin, "Logout check");
    const stays = await Client.register(origin, "Other session");
    const tokens = await client.connect(browser);
    const kept = await stays.connect(other);
    const ended = client.stream(tokens.access_token);
    const stream = await Promise.race([ended.then(() => "ended"), new Promise((go) => setImmediate(go, "open"))]);
    hold(stream === "open", stream);
    hold((await client.call(tokens.access_token, tool)).envelope.status === "success", "before");
    let asked;
    const done = await browser.open(`${issuer}/session/end`, { change: (fields) => { fields.set("logout", "yes"); asked = performance.now(); } });
    hold(done.status === 200, done);
    const call = await client.call(tokens.access_token, tool);
    const took = performance.now() - asked;
    hold(call.status === 401, call.status);
    hold(took < 1000, took);
    const closed = (await ended) - asked;
    hold(closed < 1000, closed);
    hold((await client.refresh(tokens.refresh_token)).json.error === "invalid_grant", "refreshed");
    hold((await page(browser, "/console")).status === 303, "the web pages");
    hold((await stays.call(kept.access_token, tool)).envelope.status === "success", "another session of the same person goes on");
    return `refused after ${Math.round(took)} ms, stream closed after ${Math.round(closed)} ms`;
  });
}

await check("signing out at Postern leads to the realm and back", async () => {
  const browser = new Browser(LEAD);
  await browser.open(`${origin}/sign-in/msp-example/customer?return_to=%2Fsigned-out`);
  const before = browser.visited.length;
  await browser.open(`${origin}/sign-out`, { change: (fields, form) => { if (form.action.includes("session/end")) fields.set("logout", "yes"); } });
  hold(browser.visited.slice(before).some((it) => it.startsWith(`${customers}/session/end`)), browser.visited.slice(before));
  hold((await page(browser, "/console")).status === 303, "signed out");
});

for (const [email, issuer] of [[LEAD, customers], [AGENT, employees]]) {
  await check(`the keys of ${email}'s realm turn, and people sign in all the while`, async () => {
    const old = (await operate(issuer, "announce")).signs;
    const sign = async () => {
      const client = await Client.register(origin, "Rotation check");
      return client.connect(new Browser(email)).then(() => true, () => false);
    };
    hold(await sign(), "while the new key is announced");
    const now = await operate(issuer, "turn");
    hold(now.signs !== old && now.published.includes(old), now);
    // Postern asks for unknown keys once a cool-down; who comes within it is told to come again.
    const began = performance.now();
    hold(await sign(), "when the new key signs");
    const took = performance.now() - began;
    const last = await operate(issuer, "withdraw");
    hold(!last.published.includes(old), last);
    hold(await sign(), "when the old key is gone");
    return `with the new key after ${Math.round(took)} ms`;
  });
}

await check("a role that the realm took away narrows the next renewal, and what was out is refused", async () => {
  const client = await Client.register(origin, "Narrowing check");
  const { access_token: access, refresh_token: refresh } = await client.connect(new Browser(LEAD));
  hold((await client.names(access)).includes("customer_list_contacts"), "before");
  await operate(customers, "person", { id: "lead", roles: ["basic-customer"] });
  const renewed = await client.refresh(refresh);
  hold(renewed.status === 200, renewed.json);
  const names = await client.names(renewed.json.access_token);
  hold(names.length > 0 && !names.includes("customer_list_contacts"), names);
  hold((await client.call(access, "customer_list_tickets")).status === 401, "the token from before");
});

await check("whom the realm dismissed is renewed nothing, and everything of theirs has ended", async () => {
  const client = await Client.register(origin, "Dismissal check");
  const browser = new Browser("basic@acme.example");
  const { access_token: access, refresh_token: refresh } = await client.connect(browser);
  hold((await page(browser, "/console")).status === 200, "before");
  await operate(customers, "dismiss", { id: "basic" });
  const renewed = await client.refresh(refresh);
  hold(renewed.status === 400 && renewed.json.error === "invalid_grant", renewed);
  hold((await client.call(access, "customer_list_tickets")).status === 401, "the token from before");
  hold((await page(browser, "/console")).status === 303, "the web pages");
});

await check("a realm that is down says so to whoever comes, and ends nothing", async () => {
  const client = await Client.register(origin, "Outage check");
  const { access_token: access, refresh_token: refresh } = await client.connect(new Browser(AGENT));
  process.kill(Number(employeesProcess));
  await fetch(`${employees}/jwks`).then(() => hold(false, "it is up"), () => {});
  const ended = await new Browser(AGENT).open(`${origin}/sign-in/msp-example/employee`).catch((error) => error);
  hold(ended instanceof Error || ended.status === 503, ended);
  hold((await client.call(access, "search_tickets")).envelope.status === "success", "calls go on");
  hold((await client.refresh(refresh)).status === 200, "and so do renewals, where nothing is asked of the realm");
});

console.log(`oidc: ${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
