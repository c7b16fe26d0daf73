// A stock client, the official TypeScript one, whose person signs in at a real browser page.
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';
import http from 'node:http';
import { provider } from './browser.mjs';

/**
 * Connects at `url` under `name`. `signIn(address)` takes a person with a browser through the pages, until that browser opens the
 * client's own address. Asks nobody anything itself: it offers no elicitation.
 */
export async function connect(url, name, signIn) {
  let came;
  const arrived = new Promise((resolve) => { came = resolve; });
  const server = http.createServer((request, response) => {
    const opened = new URL(request.url, redirect);
    if (opened.pathname === '/callback') came(opened);
    response.setHeader('content-type', 'text/html').end('<!doctype html><html lang=en><title>Done</title><h1>The client has its answer</h1></html>');
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const redirect = `http://127.0.0.1:${server.address().port}/callback`;
  const authProvider = provider(name, redirect, async (address) => {
    await signIn(String(address));
    return arrived;
  });
  const create = () => new Client({ name, version: '1' }, { versionNegotiation: { mode: 'auto' } });
  const transport = () => new StreamableHTTPClientTransport(new URL(url), { authProvider });
  let [client, way] = [create(), transport()];
  try {
    await client.connect(way);
  } catch (error) {
    if (!(error instanceof UnauthorizedError) && !/nauthor/.test(String(error))) throw error;
    // It checks `iss` itself, so it is given all of the answer.
    await way.finishAuth((await authProvider.came).searchParams);
    [client, way] = [create(), transport()];
    await client.connect(way);
  }
  return {
    granted: authProvider.tokens().scope,
    async names() { return (await client.listTools()).tools.map((it) => it.name); },
    /** What a tool answered, the way a chat would have it. */
    async ask(tool, args = {}) {
      const answer = await client.callTool({ name: tool, arguments: args });
      return { ...answer.structuredContent, said: answer.content[0].text };
    },
    async close() {
      await client.close();
      server.close();
      server.closeAllConnections();
    },
  };
}
