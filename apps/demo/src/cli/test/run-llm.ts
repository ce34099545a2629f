// Runs `llm` inside a test, with its streams captured.
import { Readable, Writable } from 'node:stream';
import { main } from '../main.ts';

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export function llm(...argv: string[]): Promise<Finished> {
  return llmFed(Readable.from([]), ...argv);
}

type Input = NodeJS.ReadableStream & {
  readonly isTTY?: boolean;
  /** Called with what is written, so that a test can answer. */
  readonly onWritten?: (name: 'stdout' | 'stderr', text: string) => void;
};

/** Runs with `stdin` to read from; a terminal's keys are answered on a terminal. */
export async function llmFed(stdin: Input, ...argv: string[]): Promise<Finished> {
  const written = { stdout: '', stderr: '' };
  const stream = (name: 'stdout' | 'stderr') =>
    new Writable({
      write(chunk, _, done) {
        written[name] += String(chunk);
        stdin.onWritten?.(name, String(chunk));
        done();
      },
    });
  const stderr = Object.assign(stream('stderr'), { isTTY: stdin.isTTY === true });
  const code = await main(argv, { stdin, stdout: stream('stdout'), stderr });
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
