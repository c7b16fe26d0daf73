// The official TypeScript client, second line, signing in by itself. Arguments: URL TOOL ARGUMENTS MODE (`auto` or `legacy`).
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';
import { provider } from './browser.mjs';

const [url, tool, args, mode] = process.argv.slice(2);
const authProvider = provider('TypeScript client 2', 'http://127.0.0.1:9997/callback');
const create = () => new Client(
  { name: 'wide-typescript-v2', version: '1' },
  mode === 'auto' ? { versionNegotiation: { mode } } : {},
);
const connect = () => new StreamableHTTPClientTransport(new URL(url), { authProvider });
let [client, transport] = [create(), connect()];
try {
  await client.connect(transport);
} catch (error) {
  if (!(error instanceof UnauthorizedError) && !/nauthor/.test(String(error))) throw error;
  // It checks `iss` itself, so it is given all of the answer.
  await transport.finishAuth(authProvider.came.searchParams);
  [client, transport] = [create(), connect()];
  await client.connect(transport);
}
const tools = (await client.listTools()).tools.map((it) => it.name);
const answer = await client.callTool({ name: tool, arguments: JSON.parse(args) });
console.log(JSON.stringify({
  protocol: client.getNegotiatedProtocolVersion(),
  tools,
  is_error: answer.isError ?? false,
  text: answer.content[0].text,
  structured: answer.structuredContent,
}));
await client.close();
