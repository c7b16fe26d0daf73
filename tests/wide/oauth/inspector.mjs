// The MCP Inspector's command line, signing in by itself through the browser stand-in. Arguments: INSPECTOR URL TOOL ARGUMENTS.
import { spawnSync } from 'node:child_process';

const [inspector, url, tool, args] = process.argv.slice(2);
const quoted = (word) => `'${word.replaceAll("'", "'\\''")}'`;
// It asks somebody at a terminal only, so it is given one.
const run = (...more) => {
  const all = [process.execPath, inspector, '--cli', url, '--transport', 'http', '--format', 'json', ...more];
  const done = spawnSync('script', ['-qec', all.map(quoted).join(' '), '/dev/null'], { encoding: 'utf8' });
  const said = done.stdout.replaceAll('\r', '');
  const begins = said.search(/^[{[]/m);
  if (begins < 0) throw new Error(`no JSON from the inspector: ${said.slice(-2000)}`);
  const message = JSON.parse(said.slice(begins, said.lastIndexOf(said[begins] === '{' ? '}' : ']') + 1));
  return message.result ?? message;
};
const pairs = Object.entries(JSON.parse(args)).flatMap(([name, value]) => ['--tool-arg', `${name}=${value}`]);
const tools = run('--method', 'tools/list').tools.map((it) => it.name);
const answer = run('--method', 'tools/call', '--tool-name', tool, ...pairs);
console.log(JSON.stringify({
  protocol: 'any',
  tools,
  is_error: answer.isError ?? false,
  text: answer.content[0].text,
  structured: answer.structuredContent,
}));
