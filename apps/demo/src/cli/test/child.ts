// `llm` as a process of its own, for tests that kill it. The program is bundled from the sources, so no
// build is needed; the native engine is not in it: use --backend cpu.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { bundle } from '../../test/bundle.ts';

/** Bundles the command into `folder`. @returns the program's path */
export async function bundleLlm(folder: string): Promise<string> {
  const program = join(folder, 'llm.mjs');
  await bundle(fileURLToPath(new URL('./child-program.ts', import.meta.url)), program);
  return program;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program and sends it `signal` as soon as `when` says so. */
export async function runAndSignal(
  program: string,
  argv: readonly string[],
  { signal, when }: { readonly signal: NodeJS.Signals; readonly when: () => boolean },
): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] });
  const text = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (text.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (text.stderr += chunk.toString()));
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code, by) => resolve({ code, signal: by, ...text }));
  });
  while (child.exitCode === null && !when()) await sleep(5);
  child.kill(signal);
  return ended;
}
