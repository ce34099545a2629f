// The native engine under the compiler's sanitizers: node tools/sanitize/run.mjs
//
//   AddressSanitizer and UndefinedBehaviorSanitizer: the C++ tests, the conformance suites, and tfjs-core's
//   own 4,232 specs, whose odd shapes and strides go everywhere;
//   ThreadSanitizer: the C++ tests of the thread pool and the memory.
//
// Needs g++ or clang++ with their sanitizer libraries, on Linux. Ends with "N passed, N failed".
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NATIVE = path.join(ROOT, 'packages/tensor/native');
const CONFORMANCE = path.join(ROOT, 'packages/tensor/conformance');
const SUITES = ['fused', 'gradients', 'parameters', 'nn', 'quantized'].map((suite) =>
  path.join(CONFORMANCE, suite, 'native.test.ts'),
);

const counts = { passed: 0, failed: 0 };

function add(title, passed, failed) {
  counts.passed += passed;
  counts.failed += failed;
  process.stdout.write(
    `${failed === 0 ? 'ok' : 'FAILED'}: ${title}: ${passed} passed, ${failed} failed\n`,
  );
}

function build(flag) {
  const { status } = spawnSync(process.execPath, [path.join(NATIVE, 'build.mjs'), flag, '--test'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) throw new Error(`sanitize: build.mjs ${flag} failed; its message is above.`);
}

/** A sanitizer ends the program at its first finding, which then counts as a failure. */
function runCppTests(folder) {
  const program = path.join(NATIVE, 'build', folder, 'llm_tensor_test');
  const env = { ...process.env, TSAN_OPTIONS: 'halt_on_error=1' };
  const { status, stdout } = spawnSync(program, {
    encoding: 'utf8',
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const count = (word) => (stdout.match(new RegExp(`^${word}`, 'gm')) ?? []).length;
  const failed = count('FAIL');
  add(`C++ tests, ${folder}`, count('ok '), status === 0 ? failed : Math.max(1, failed));
}

/** Node itself is not sanitized, so the runtime of the compiler is loaded before it. Node never frees all: no leak check. */
function sanitizedNode(args) {
  const compiler = process.env.CXX ?? 'g++';
  const library = (name) =>
    spawnSync(compiler, [`-print-file-name=${name}`], { encoding: 'utf8' }).stdout.trim();
  const env = {
    ...process.env,
    LD_PRELOAD: `${library('libasan.so')}:${library('libubsan.so')}`,
    ASAN_OPTIONS: 'detect_leaks=0',
    LLM_NATIVE_LIBRARY: path.join(NATIVE, 'build/sanitize/llm_tensor.node'),
  };
  return spawnSync(process.execPath, args, {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

function readReport(file, count) {
  try {
    return count(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return [0, 1]; // ended before it could report
  }
}

function runConformance(folder) {
  const report = path.join(folder, 'vitest.json');
  const vitest = path.join(ROOT, 'node_modules/vitest/vitest.mjs');
  sanitizedNode([vitest, 'run', '--reporter=json', `--outputFile=${report}`, ...SUITES]);
  const [passed, failed] = readReport(report, (r) => [
    r.numPassedTests,
    r.numFailedTests +
      r.testResults.filter((f) => f.status === 'failed' && f.assertionResults.length === 0).length,
  ]);
  add('conformance suites, sanitize', passed, failed);
}

function runTfjsSuite(folder) {
  const report = path.join(folder, 'tfjs.json');
  sanitizedNode([path.join(CONFORMANCE, 'tfjs-suite/run-suite.mjs'), 'native', report]);
  const [passed, failed] = readReport(report, ({ outcomes, overall }) => [
    outcomes.filter(({ status }) => status === 'passed').length,
    outcomes.filter(({ status }) => status === 'failed').length + overall.length,
  ]);
  add("tfjs-core's specs, sanitize", passed, failed);
}

const folder = mkdtempSync(path.join(tmpdir(), 'llm-sanitize-'));
try {
  build('--sanitize');
  runCppTests('sanitize');
  runConformance(folder);
  runTfjsSuite(folder);
  build('--sanitize-threads');
  runCppTests('sanitize-threads');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed\n`);
process.exitCode = counts.failed === 0 ? 0 : 1;
