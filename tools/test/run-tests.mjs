// Runs every check of the repository and ends with one plain line: "N passed, N failed".
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../bootstrap/digest.mjs';

const report = join(mkdtempSync(join(tmpdir(), 'llm-test-')), 'vitest.json');

/** Checks that pass or fail as a whole; each counts as one. */
const CHECKS = [
  ['lint', ['npx', 'eslint', '.']],
  ['format', ['npx', 'prettier', '--check', '--log-level=warn', '.']],
  ['types', ['npm', 'run', '--silent', 'typecheck', '--', '--output-logs=errors-only']],
];

function run([program, ...args]) {
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' };
  return spawnSync(program, args, { cwd: ROOT, stdio: 'inherit', env }).status === 0;
}

function vitestCounts() {
  run([
    'npx',
    'vitest',
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]);
  if (!existsSync(report)) return { passed: 0, failed: 1, skipped: 0 };
  const { numPassedTests, numFailedTests, numPendingTests, testResults } = JSON.parse(
    readFileSync(report, 'utf8'),
  );
  const brokenFiles = testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  ).length;
  return { passed: numPassedTests, failed: numFailedTests + brokenFiles, skipped: numPendingTests };
}

const counts = vitestCounts();
for (const [name, command] of CHECKS) {
  const ok = run(command);
  process.stdout.write(`${ok ? 'ok' : 'FAILED'}: ${name}\n`);
  counts[ok ? 'passed' : 'failed'] += 1;
}
process.stdout.write(
  `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`,
);
process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1;
