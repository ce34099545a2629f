import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const native = fileURLToPath(new URL('../../../native/', import.meta.url));

it('passes the tests written in C++', () => {
  const build = spawnSync(process.execPath, [`${native}build.mjs`, '--test'], { encoding: 'utf8' });
  expect(build.status, build.stderr).toBe(0);
  expect(build.stderr).not.toContain('warning:');
  const run = spawnSync(`${native}build/llm_tensor_test`, { encoding: 'utf8' });
  expect(run.status, run.stdout + run.stderr).toBe(0);
}, 300_000);
