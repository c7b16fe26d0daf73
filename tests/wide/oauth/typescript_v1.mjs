// The official TypeScript SDK, first line, signing in by itself. Arguments: URL TOOL ARGUMENTS.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { provider } from './browser.mjs';

const [url, tool, args] = process.argv.slice(2);
const authProvider = provider('TypeScript SDK 1', 'http://127.0.0.1:9998/callback');
const connect = () => new StreamableHTTPClientTransport(new URL(url), { authProvider });
const client = new Client({ name: 'wide-typescript-v1', version: '1' });
let transport = connect();
try {
  await client.connect(transport);
} catch (error) {
  if (!(error instanceof UnauthorizedError)) throw error;
  await transport.finishAuth(authProvider.came.searchParams.get('code'));
  transport = connect();
  await client.connect(transport);
}
const tools = (await client.listTools()).tools.map((it) => it.name);
const answer = await client.callTool({ name: tool, arguments: JSON.parse(args) });
console.log(JSON.stringify({
  protocol: transport.protocolVersion,
  tools,
  is_error: answer.isError ?? false,
  text: answer.content[0].text,
  structured: answer.structuredContent,
}));
await client.close();
