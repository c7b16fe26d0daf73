// One realm at a certified OpenID provider (oidc-provider), on loopback, with a page to sign in at.
//
//   realm.mjs REALM PORT POSTERN_ORIGIN SECRET_FILE      REALM is `customer` or `employee`
//
// Customers: RS256, a client secret, refresh tokens that are kept. Employees: ES256, a client that signs for itself. SECRET_FILE is
// written: the secret, or the private key. What an operator of the realm would do is done by `POST /operate/...`.
import { Provider } from "oidc-provider";
import { generateKeyPairSync, randomBytes, randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import http from "node:http";

const [realm, port, postern, secretFile] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const customers = realm === "customer";
const algorithm = customers ? "RS256" : "ES256";
const people = new Map(Object.entries(
  customers
    ? {
      lead: { email: "lead@acme.example", name: "Lea Acme", organization_id: "acme", roles: ["lead-customer"] },
      basic: { email: "basic@acme.example", name: "Bob Acme", organization_id: "acme", roles: ["basic-customer"] },
      twin: { email: "twin@acme.example", name: "Twin Acme", organization_id: "acme", roles: ["lead-customer"] },
    }
    : {
      agent: { email: "support-write@msp.example", name: "Sue Staff", roles: ["support-write"] },
      // The same subject as one of the customers': another person.
      twin: { email: "twin@msp.example", name: "Twin Staff", roles: ["support-read"] },
    },
));

const newKey = (alg) => {
  const { privateKey } = alg === "RS256" ? generateKeyPairSync("rsa", { modulusLength: 2048 }) : generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { ...privateKey.export({ format: "jwk" }), alg, use: "sig", kid: `${realm}-${randomUUID()}` };
};
const client = {
  client_id: "postern",
  redirect_uris: [`${postern}/sign-in/msp-example/${realm}/callback`],
  post_logout_redirect_uris: [`${postern}/signed-out`],
  backchannel_logout_uri: `${postern}/logout/msp-example/${realm}`,
  backchannel_logout_session_required: true,
  grant_types: ["authorization_code", "refresh_token"],
  response_types: ["code"],
  id_token_signed_response_alg: algorithm,
};
if (customers) {
  const secret = randomBytes(32).toString("base64url");
  writeFileSync(secretFile, secret, { mode: 0o600 });
  Object.assign(client, { client_secret: secret, token_endpoint_auth_method: "client_secret_basic" });
} else {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  writeFileSync(secretFile, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  const jwk = { ...publicKey.export({ format: "jwk" }), alg: "ES256", use: "sig", kid: "postern" };
  Object.assign(client, { jwks: { keys: [jwk] }, token_endpoint_auth_method: "private_key_jwt", token_endpoint_auth_signing_alg: "ES256" });
}

const claimsOf = (id) => {
  const { email, name, organization_id, roles } = people.get(id);
  return { email, email_verified: true, name, organization_id, realm_access: { roles } };
};
// What the provider keeps: sessions, codes, grants. Beside it, so that they go on under other keys.
const kept = new Map();
class Kept {
  constructor(kind) { this.kind = kind; }
  at(id) { return `${this.kind} ${id}`; }
  async upsert(id, payload, seconds) { kept.set(this.at(id), { ...payload, ends: seconds ? Date.now() + seconds * 1000 : Infinity }); }
  async find(id) {
    const found = kept.get(this.at(id));
    return found && found.ends > Date.now() ? found : undefined;
  }
  async findByUid(uid) { return [...kept.entries()].find(([at, it]) => at.startsWith(`${this.kind} `) && it.uid === uid)?.[1]; }
  async findByUserCode() { return undefined; }
  async consume(id) { kept.get(this.at(id)).consumed = Math.floor(Date.now() / 1000); }
  async destroy(id) { kept.delete(this.at(id)); }
  async revokeByGrantId(grant) { for (const [at, it] of kept) if (it.grantId === grant) kept.delete(at); }
}

// A provider with these keys.
const provider = (keys) => {
  const made = new Provider(issuer, {
    adapter: Kept,
    // Of itself it tells nobody on loopback that a session ended.
    fetch: (url, { dispatcher, ...options }) => fetch(url, options),
    jwks: { keys },
    clients: [client],
    findAccount: (_, id) => people.has(id) ? { accountId: id, claims: async () => ({ sub: id, ...claimsOf(id) }) } : undefined,
    claims: { openid: ["sub", "realm_access", "organization_id"], profile: ["name"], email: ["email", "email_verified"] },
    conformIdTokenClaims: false,
    scopes: ["openid", "profile", "email", "offline_access"],
    pkce: { required: () => true },
    rotateRefreshToken: true,
    features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: true }, backchannelLogout: { enabled: true } },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    // The times of its tokens, in seconds.
    ttl: { AccessToken: 300, AuthorizationCode: 60, IdToken: 300, Interaction: 600, Session: 3600, Grant: 3600, RefreshToken: 3600 },
    cookies: { keys: ["of-a-test"] },
  });
  made.on("server_error", (_, error) => console.error(error));
  made.on("backchannel.error", (_, error) => console.error(error));
  return made;
};
// The unused key is of the other kind: the provider wants one of RS256.
const spare = customers ? [] : [newKey("RS256")];
let keys = [newKey(algorithm)];
let current = provider([...keys, ...spare]);

const form = (what, fields) => `<!doctype html><html lang="en"><title>${what}</title><h1>${what}</h1><form method="post">${fields}</form></html>`;
async function interaction(request, response) {
  const details = await current.interactionDetails(request, response);
  const html = (text) => response.setHeader("content-type", "text/html").end(text);
  if (details.prompt.name === "login") {
    if (request.method !== "POST") return html(form("Sign in to the realm", '<input type="email" name="email"><button>Sign in</button>'));
    const sent = new URLSearchParams(await body(request));
    const found = [...people].find(([, it]) => it.email === sent.get("email"));
    if (!found) return html(form("Nobody has this address", '<input type="email" name="email"><button>Sign in</button>'));
    return current.interactionFinished(request, response, { login: { accountId: found[0] } }, { mergeWithLastSubmission: false });
  }
  const grant = new current.Grant({ accountId: details.session.accountId, clientId: details.params.client_id });
  grant.addOIDCScope(details.params.scope);
  const consent = { grantId: await grant.save() };
  return current.interactionFinished(request, response, { consent }, { mergeWithLastSubmission: true });
}

async function body(request) {
  let text = "";
  for await (const part of request) text += part;
  return text;
}

// What an operator of the realm does.
const operate = {
  // A new key is published; the old one signs.
  announce: () => { keys = [keys[0], newKey(algorithm)]; },
  // The new key signs; the old one is published still.
  turn: () => { keys = [keys[1], keys[0]]; },
  // The old key is gone.
  withdraw: () => { keys = [keys[0]]; },
  person: ({ id, ...change }) => { people.set(id, { ...people.get(id), ...change }); },
  dismiss: ({ id }) => { people.delete(id); },
};

const server = http.createServer(async (request, response) => {
  try {
    const [, first, what] = request.url.split("/");
    if (first === "operate" && request.method === "POST" && operate[what]) {
      operate[what](JSON.parse(await body(request) || "{}"));
      current = provider([...keys, ...spare]);
      return response.end(JSON.stringify({ signs: keys[0].kid, published: keys.map((it) => it.kid) }));
    }
    if (first === "interaction") return await interaction(request, response);
    return current.callback()(request, response);
  } catch (error) {
    console.error(error);
    response.statusCode = 500;
    return response.end("the realm failed");
  }
});
server.listen(Number(port), "127.0.0.1", () => console.log(`${realm} at ${issuer}`));
