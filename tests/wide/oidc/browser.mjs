// A browser without a window: cookies by origin, redirects, forms filled in as a person would. And a client of Postern's.
import { createHash, randomBytes } from "node:crypto";

export class Browser {
  constructor(email) {
    this.email = email;
    this.jars = new Map();
    this.visited = [];
  }

  async ask(url, fields) {
    const { origin } = new URL(url);
    const jar = this.jars.get(origin) ?? new Map();
    this.jars.set(origin, jar);
    const headers = { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; ") };
    if (fields) Object.assign(headers, { origin, "content-type": "application/x-www-form-urlencoded" });
    this.visited.push(url);
    const answer = await fetch(url, { redirect: "manual", method: fields ? "POST" : "GET", headers, body: fields?.toString() });
    for (const cookie of answer.headers.getSetCookie()) {
      const [pair, ...attributes] = cookie.split(";");
      const at = pair.indexOf("=");
      const gone = attributes.some((it) => /max-age=0|expires=thu, 01 jan 1970/i.test(it));
      if (gone) jar.delete(pair.slice(0, at)); else jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return answer;
  }

  // Opens an address and goes on until it would leave for `stop`, or a page has no form that leads on. Where it ended, with the
  // last page's status and text.
  async open(start, { stop, change = () => {} } = {}) {
    let url = start;
    let fields;
    for (let hops = 0; hops < 30; hops += 1) {
      if (stop && url.startsWith(stop)) return { url, status: 0, text: "" };
      const answer = await this.ask(url, fields);
      fields = undefined;
      const to = answer.headers.get("location");
      if (to) {
        url = new URL(to, url).href;
        continue;
      }
      const text = await answer.text();
      const onward = text.match(/http-equiv="refresh"[^>]*content="[^"]*url=([^"]*)"/i)?.[1];
      if (onward) {
        url = new URL(plain(onward), url).href;
        continue;
      }
      const form = answer.status < 400 ? formOf(text) : undefined;
      if (!form) return { url, status: answer.status, text };
      fields = this.fill(form);
      change(fields, form);
      url = new URL(form.action || url, url).href;
    }
    throw new Error(`too many pages, at last ${url}`);
  }

  fill({ inputs, buttons }) {
    const sent = new URLSearchParams();
    for (const it of inputs) {
      if (!it.name || "disabled" in it) continue;
      if (it.type === "email") sent.append(it.name, this.email);
      else if (it.type !== "checkbox" || "checked" in it) sent.append(it.name, plain(it.value ?? ""));
    }
    const yes = buttons.find((it) => !/deny|decline|cancel/i.test(it.value ?? "")) ?? buttons[0];
    if (yes?.name) sent.append(yes.name, plain(yes.value ?? ""));
    return sent;
  }
}

const plain = (text) => text.replaceAll("&amp;", "&").replace(/&#x([0-9a-f]+);/gi, (_, it) => String.fromCodePoint(Number.parseInt(it, 16)))
  .replace(/&#(\d+);/g, (_, it) => String.fromCodePoint(Number(it))).replaceAll("&quot;", '"');
const attributesOf = (tag) => Object.fromEntries([...tag.matchAll(/([a-z-]+)(?:="([^"]*)")?/gi)].slice(1).map(([, name, value]) => [name.toLowerCase(), value ?? ""]));

// The first form that is sent by POST.
function formOf(text) {
  for (const [, head, inside] of text.matchAll(/<form([^>]*)>([\s\S]*?)<\/form>/gi)) {
    const attributes = attributesOf(`form ${head}`);
    if (attributes.method?.toLowerCase() !== "post") continue;
    const tags = (name) => [...inside.matchAll(new RegExp(`<${name}[^>]*>`, "gi"))].map(([tag]) => attributesOf(tag.slice(1)));
    return { action: plain(attributes.action ?? ""), inputs: tags("input"), buttons: tags("button") };
  }
  return undefined;
}

const VERSION = "2026-07-28";
const CALLBACK = "http://127.0.0.1:9/callback";
const send = async (url, body, headers = {}) => {
  const answer = await fetch(url, { method: "POST", body, headers });
  const text = await answer.text();
  let json;
  try { json = JSON.parse(text); } catch { json = { text }; }
  return { status: answer.status, json };
};

export class Client {
  static async register(origin, name) {
    const { status, json } = await send(`${origin}/register`, JSON.stringify({
      client_name: name, redirect_uris: [CALLBACK], token_endpoint_auth_method: "none" }), { "content-type": "application/json" });
    if (status !== 201) throw new Error(JSON.stringify(json));
    return Object.assign(new Client(), { origin, id: json.client_id });
  }

  // A person connects this client: the tokens.
  async connect(browser) {
    const verifier = randomBytes(32).toString("base64url");
    const state = randomBytes(8).toString("base64url");
    const asked = new URLSearchParams({ response_type: "code", client_id: this.id, redirect_uri: CALLBACK, state, scope: "support.read support.write",
      resource: `${this.origin}/mcp`, code_challenge: createHash("sha256").update(verifier).digest("base64url"), code_challenge_method: "S256" });
    const ended = await browser.open(`${this.origin}/authorize?${asked}`, { stop: CALLBACK });
    const came = new URL(ended.url).searchParams;
    if (came.get("state") !== state || came.get("iss") !== this.origin || !came.get("code")) throw new Error(`${ended.status} ${ended.url} ${ended.text}`);
    const { status, json } = await this.token({ grant_type: "authorization_code", code: came.get("code"), redirect_uri: CALLBACK, code_verifier: verifier });
    if (status !== 200) throw new Error(JSON.stringify(json));
    return json;
  }

  token(fields) {
    return send(`${this.origin}/token`, new URLSearchParams({ client_id: this.id, resource: `${this.origin}/mcp`, ...fields }));
  }

  refresh(token) {
    return this.token({ grant_type: "refresh_token", refresh_token: token });
  }

  rpc(token, method, params, headers = {}) {
    const _meta = { "io.modelcontextprotocol/protocolVersion": VERSION, "io.modelcontextprotocol/clientCapabilities": {} };
    return send(`${this.origin}/mcp`, JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: { ...params, _meta } }), {
      authorization: `Bearer ${token}`, "content-type": "application/json", accept: "application/json, text/event-stream",
      "mcp-protocol-version": VERSION, "mcp-method": method, ...headers });
  }

  async names(token) {
    const { json } = await this.rpc(token, "tools/list", {});
    return (json.result?.tools ?? []).map((it) => it.name);
  }

  async call(token, tool) {
    const { status, json } = await this.rpc(token, "tools/call", { name: tool, arguments: { limit: 5 } }, { "mcp-name": tool });
    return { status, envelope: json.result?.structuredContent ?? {}, text: JSON.stringify(json) };
  }

  // A session of the older protocol with its open stream.
  async stream(token) {
    const base = { authorization: `Bearer ${token}`, "content-type": "application/json", accept: "application/json, text/event-stream" };
    const hello = await fetch(`${this.origin}/mcp`, { method: "POST", headers: base, body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize",
      params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "check", version: "1" } } }) });
    const session = hello.headers.get("mcp-session-id");
    await hello.text();
    const open = await fetch(`${this.origin}/mcp`, { headers: { ...base, accept: "text/event-stream", "mcp-session-id": session, "mcp-protocol-version": "2025-11-25" } });
    if (open.status !== 200) throw new Error(`no stream: ${open.status}`);
    // The time at which it ended, however it ended.
    const ended = open.body.pipeTo(new WritableStream()).then(() => performance.now(), () => performance.now());
    return ended;
  }
}
