// The official TypeScript SDK, first line (2025-11-25). Arguments: URL TOKEN TOOL ARGUMENTS.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const [url, token, tool, args] = process.argv.slice(2);
const headers = { Authorization: `Bearer ${token}` };
const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });
const client = new Client({ name: 'wide-typescript-v1', version: '1' });
await client.connect(transport);
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
