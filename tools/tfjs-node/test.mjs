// Builds @tensorflow/tfjs-node-gpu itself (against TensorFlow for the processor unless --gpu is given)
// and runs on it what every backend must pass: the conformance suites, the gradients, a training run.
// node tools/tfjs-node/test.mjs [--gpu]. Ends with "N passed, N failed".
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const HERE = path.join(ROOT, 'tools/tfjs-node');
const TESTS = [
  'packages/tensor/conformance/tfjs-node/tfjs-node.test.ts',
  'packages/transformer/src/models/backends.test.ts',
];

const tensorflow = process.argv.includes('--gpu') ? 'gpu' : 'cpu';
const build = [path.join(HERE, 'build.mjs'), '--gpu', '--tensorflow', tensorflow];
if (spawnSync(process.execPath, build, { stdio: 'inherit' }).status !== 0) process.exit(1);

const folder = mkdtempSync(path.join(tmpdir(), 'llm-tfjs-node-'));
const report = path.join(folder, 'vitest.json');
spawnSync(
  'npx',
  [
    'vitest',
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...TESTS,
  ],
  {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
    // The peer is no dependency of the workspace: Node looks for it here after everywhere else.
    env: {
      ...process.env,
      NODE_PATH: path.join(HERE, 'build/node_modules'),
      TF_CPP_MIN_LOG_LEVEL: '2',
    },
  },
);
const { testResults, ...result } = JSON.parse(readFileSync(report, 'utf8'));
rmSync(folder, { recursive: true, force: true });

const names = testResults.flatMap((file) => file.assertionResults.map((test) => test.fullName));
const isTried = names.filter((name) => name.includes('on tfjs-node-gpu')).length > 100;
if (!isTried) process.stdout.write('FAILED: the suites did not run on tfjs-node-gpu\n');
const broken = testResults.filter((f) => f.status === 'failed' && f.assertionResults.length === 0);
const failed = result.numFailedTests + broken.length + (isTried ? 0 : 1);
process.stdout.write(`${result.numPassedTests} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
