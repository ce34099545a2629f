// Runs `llm` inside a test, with its streams captured.
import { Writable } from 'node:stream';
import { main } from '../main.ts';

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function llm(...argv: string[]): Promise<Finished> {
  const written = { stdout: '', stderr: '' };
  const stream = (name: 'stdout' | 'stderr') =>
    new Writable({
      write(chunk, _, done) {
        written[name] += String(chunk);
        done();
      },
    });
  const code = await main(argv, { stdout: stream('stdout'), stderr: stream('stderr') });
  return { code, ...written };
}

/** Runs with --json and gives the document; stdout must hold that and nothing else. */
export async function llmJson<T = Record<string, unknown>>(...argv: string[]): Promise<T> {
  const { code, stdout, stderr } = await llm(...argv, '--json');
  if (code !== 0) throw new Error(`llm ${argv.join(' ')}: exit ${code}: ${stderr}`);
  if (!stdout.endsWith('\n') || stdout.indexOf('\n') !== stdout.length - 1) {
    throw new Error(`llm ${argv.join(' ')}: expected one line of JSON, got ${stdout}`);
  }
  return JSON.parse(stdout) as T;
}
