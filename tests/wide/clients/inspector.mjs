// The MCP Inspector's command line. Arguments: INSPECTOR URL TOKEN TOOL ARGUMENTS ERA, where ERA is `modern` or `legacy`.
import { execFileSync } from 'node:child_process';

const [inspector, url, token, tool, args, era] = process.argv.slice(2);
const run = (...more) => {
  const all = [inspector, '--cli', url, '--transport', 'http', '--protocol-era', era, '--format', 'json'];
  all.push('--header', `Authorization: Bearer ${token}`, ...more);
  return JSON.parse(execFileSync(process.execPath, all, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }));
};
const result = (message) => message.result ?? message;
const pairs = Object.entries(JSON.parse(args)).flatMap(([name, value]) => ['--tool-arg', `${name}=${value}`]);
const tools = result(run('--method', 'tools/list')).tools.map((it) => it.name);
const answer = result(run('--method', 'tools/call', '--tool-name', tool, ...pairs));
console.log(JSON.stringify({
  protocol: era,
  tools,
  is_error: answer.isError ?? false,
  text: answer.content[0].text,
  structured: answer.structuredContent,
}));
