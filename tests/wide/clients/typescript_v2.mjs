// The official TypeScript client, second line. Arguments: URL TOKEN TOOL ARGUMENTS MODE, where MODE is `auto` or `legacy`.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

const [url, token, tool, args, mode] = process.argv.slice(2);
const headers = { Authorization: `Bearer ${token}` };
const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });
const client = new Client(
  { name: 'wide-typescript-v2', version: '1' },
  mode === 'auto' ? { versionNegotiation: { mode } } : {},
);
await client.connect(transport);
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
