// Does the server's event loop stay free while its model writes eight texts at once?
// node tools/checks/serve-event-loop.mjs MODEL [SECONDS], after `npm run setup`. The server runs here, as `llm serve`
// does; its clients run in a process of their own. Prints the delays of a timer; fails when the 99th percentile is
// 20 ms or more.
import { spawn } from 'node:child_process';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { main } from '../../apps/demo/dist/cli/main.js';

const [model, time = '10'] = process.argv.slice(2);
const CLIENT = `
  const [address, until] = [process.argv[1], Date.now() + 1000 * Number(process.argv[2])];
  const ask = { model: 'm', prompt: 'Once upon a time', max_tokens: 200, stream: true, temperature: 0.9 };
  const headers = { 'content-type': 'application/json' };
  let events = 0;
  async function client() {
    while (Date.now() < until) {
      const response = await fetch(address + '/v1/completions', { method: 'POST', headers, body: JSON.stringify(ask) });
      if (!response.ok) throw new Error(await response.text());
      for await (const chunk of response.body) events += Buffer.from(chunk).toString().split('data: ').length - 1;
    }
  }
  await Promise.all(Array.from({ length: 8 }, client));
  process.stdout.write(String(events));
`;

const delays = monitorEventLoopDelay({ resolution: 1 });

/** What the command says once it serves. */
async function measure({ address }) {
  const run = (seconds) =>
    new Promise((resolve) => {
      const argv = ['--input-type=module', '-e', CLIENT, address, String(seconds)];
      const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
      let text = '';
      child.stdout.on('data', (chunk) => (text += chunk));
      child.on('exit', () => resolve(Number(text)));
    });
  await run(1); // all is warm
  delays.enable();
  const events = await run(Number(time));
  delays.disable();
  const inMilliseconds = (nanoseconds) => (nanoseconds / 1e6).toFixed(1);
  const [median, high, most] = [delays.percentile(50), delays.percentile(99), delays.max];
  process.stdout.write(
    `${events} events to 8 clients in ${time} s; event-loop delay: median ${inMilliseconds(median)} ms, ` +
      `99 % below ${inMilliseconds(high)} ms, at most ${inMilliseconds(most)} ms\n`,
  );
  process.kill(process.pid, 'SIGTERM');
  return events > 0 && high < 20e6;
}

let verdict = Promise.resolve(false);
const stdout = {
  write(text) {
    verdict = measure(JSON.parse(text));
    return true;
  },
};
const argv = [
  'serve',
  '--model',
  model,
  '--name',
  'm',
  '--port',
  '0',
  '--json',
  '--weights',
  'quantized',
];
const code = await main(argv, { stdout, stderr: process.stderr });
process.exitCode = code === 0 && (await verdict) ? 0 : 1;
