// The contestant's side of the protocol in contestant.mjs.
import { createInterface } from 'node:readline';

/**
 * @param {() => number | Promise<number>} unit runs once and returns its seconds
 * @param {() => number} [memory] the most bytes needed so far
 */
export async function serve(unit, memory) {
  process.stdout.write('ready\n');
  for await (const line of createInterface({ input: process.stdin })) {
    if (line !== 'run') continue;
    const seconds = await unit();
    process.stdout.write(`${JSON.stringify({ seconds, bytes: memory?.() })}\n`);
  }
}

export function timed(action) {
  const start = process.hrtime.bigint();
  action();
  return Number(process.hrtime.bigint() - start) / 1e9;
}
