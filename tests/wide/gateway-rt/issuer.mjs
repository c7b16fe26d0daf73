// A token issuer with two realms, for tests: keys at `/realms/REALMs/keys`, and `/token?realm=customer&email=...` for a
// token as Keycloak writes them. The keys are made anew at every start. Arguments: PORT AUDIENCE.
import { createServer } from "node:http";
import { createHash, generateKeyPairSync, randomUUID, sign } from "node:crypto";

const [port, audience] = process.argv.slice(2);
const origin = `http://127.0.0.1:${port}`;
const realms = Object.fromEntries(["customer", "employee"].map((name) => [name, generateKeyPairSync("ed25519")]));
const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

function token(realm, claims) {
  const now = Math.floor(Date.now() / 1000);
  const header = { alg: "EdDSA", typ: "JWT", kid: realm };
  const whole = {
    iss: `${origin}/realms/${realm}s`,
    sub: createHash("sha256").update(`${realm} ${claims.email}`).digest("hex").slice(0, 32),
    aud: audience,
    typ: "Bearer",
    azp: "portal",
    iat: now,
    exp: now + 600,
    jti: randomUUID(),
    scope: "support.read support.write",
    email_verified: true,
    ...claims,
  };
  const signed = `${encode(header)}.${encode(whole)}`;
  return `${signed}.${sign(null, Buffer.from(signed), realms[realm].privateKey).toString("base64url")}`;
}

createServer((request, response) => {
  const url = new URL(request.url, origin);
  const asked = url.searchParams;
  const keys = url.pathname.match(/^\/realms\/(customer|employee)s\/keys$/);
  if (keys) {
    const jwk = { ...realms[keys[1]].publicKey.export({ format: "jwk" }), kid: keys[1], alg: "EdDSA", use: "sig" };
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ keys: [jwk] }));
  } else if (url.pathname === "/token" && realms[asked.get("realm")]) {
    const claims = { email: asked.get("email"), name: asked.get("name"), realm_access: { roles: [asked.get("role")] } };
    if (asked.get("organization")) claims.organization_id = asked.get("organization");
    response.end(token(asked.get("realm"), claims));
  } else {
    response.statusCode = 404;
    response.end();
  }
}).listen(Number(port), "127.0.0.1");
