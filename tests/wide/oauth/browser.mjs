// The person at the browser, for clients in JavaScript: `PERSON` (the path of person.py), `ACCOUNT` and `PASSWORD` are in the
// environment.
import { execFileSync } from 'node:child_process';

const { PERSON, ACCOUNT, PASSWORD } = process.env;

/** Where an address led the person, without opening the client's own. */
export function callbackOf(url) {
  const said = execFileSync('python3', [PERSON, String(url), ACCOUNT, PASSWORD, '--stop'], {
    encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new URL(said.trim().split('\n').at(-1));
}

/** An OAuth client without any store but itself; `open` takes a person to an address and says where it led. */
export function provider(name, redirectUrl, open = callbackOf) {
  return {
    redirectUrl,
    clientMetadata: {
      client_name: name,
      redirect_uris: [redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    },
    clientInformation() { return this.client; },
    saveClientInformation(client) { this.client = client; },
    tokens() { return this.kept; },
    saveTokens(tokens) { this.kept = tokens; },
    saveCodeVerifier(verifier) { this.verifier = verifier; },
    codeVerifier() { return this.verifier; },
    async redirectToAuthorization(url) { this.came = await open(url); },
  };
}
