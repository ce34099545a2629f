// Building a target's engine and running programs on its machines (targets.mjs).
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { BUILD } from './targets.mjs';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NATIVE = path.join(ROOT, 'packages/tensor/native');

export const fileOf = (target, name) => path.join(NATIVE, 'build', target.folder, name);

export const libraryOf = (target) => ({
  LLM_NATIVE_LIBRARY: target.pathOf(fileOf(target, 'llm_tensor.node')),
});

/** Returns what the compiler said; throws where it failed. */
export function build({ compiler, folder, cppTests }) {
  const flags = [...(cppTests ? ['--test'] : []), ...(folder ? [`--folder=${folder}`] : [])];
  const { status, stderr } = spawnSync(
    process.execPath,
    [path.join(NATIVE, 'build.mjs'), ...flags],
    {
      env: { ...process.env, ...(compiler && { CXX: compiler() }) },
      encoding: 'utf8',
      maxBuffer: 1 << 26,
      stdio: ['ignore', 'inherit', 'pipe'],
    },
  );
  process.stderr.write(stderr);
  if (status !== 0) throw new Error('portability: the build failed; see above.');
  return stderr;
}

/** Its output goes through a file: Node under Wine cannot write to a pipe of another system, and one spec then fails. */
export function run(title, [command, ...args], environment) {
  const log = path.join(BUILD, `${title}.log`);
  const output = openSync(log, 'w');
  const child = spawn(command, args, {
    cwd: ROOT,
    env: { ...process.env, ...environment },
    stdio: ['ignore', output, output],
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status) => {
      closeSync(output);
      const text = readFileSync(log, 'utf8');
      if (status !== 0) process.stderr.write(text.slice(-2000));
      resolve({ status, output: text });
    });
  });
}
