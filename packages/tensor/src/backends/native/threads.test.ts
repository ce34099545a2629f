import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { findLibrary } from './addon.ts';

/** Runs a program that sees the engine as `addon`, beside threads of its own. */
function run(program: string) {
  const script = `
    const { Worker, isMainThread } = require('node:worker_threads');
    const addon = require(${JSON.stringify(findLibrary())});
    addon.setThreads(3);
    const matMul = addon.instructionNames().indexOf('MatMul');
    const program = new Float64Array(64);
    addon.setProgram(program);
    const n = 150;
    const [a, c] = [addon.allocate(n * n * 4), addon.allocate(n * n * 4)];
    addon.write(a, new Float32Array(n * n).fill(1));
    function multiply() {
      program.set([matMul, 0, 0, n, n, n, 0, 0, 0, 0, 0, 0, 0, a, a, -1, c]);
      addon.run(17);
      const out = new Float32Array(n * n);
      addon.read(c, out);
      if (!out.every((x) => x === n)) throw new Error('wrong product');
    }
    ${program}`;
  return spawnSync(process.execPath, ['-e', script], { encoding: 'utf8', timeout: 50_000 });
}

const WORKERS = `
  const workers = isMainThread ? [1, 2, 3].map(() => new Worker(process._eval, { eval: true })) : [];`;

it('computes in several Node workers at once, and after they ended', () => {
  const result = run(`${WORKERS}
    for (let i = 0; i < 100; i++) multiply();
    if (isMainThread) {
      const ended = workers.map((w) => new Promise((resolve) => w.once('exit', resolve)));
      Promise.all(ended).then((codes) => { multiply(); console.log(codes.join()); });
    }`);
  expect(result.stderr).toBe('');
  expect(result.stdout.trim()).toBe('0,0,0');
});

it('lets a process exit while workers compute', () => {
  const result = run(`${WORKERS}
    if (isMainThread) setTimeout(() => process.exit(7), 300);
    else for (;;) multiply();`);
  expect(result.stderr).toBe('');
  expect(result.status).toBe(7);
});
