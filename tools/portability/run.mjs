// The native engine on other platforms than this one, compiled here and emulated:
//
//   node tools/portability/run.mjs [linux-arm64] [win32-x64]
//
//   linux-arm64   GCC's cross-compiler and qemu: the C++ tests; then, in Node for arm64, conformance suites
//   win32-x64     MinGW-w64 and Wine: the C++ tests; then, in Node for Windows, tfjs-core's own 4,232 specs
//
// An emulator proves the instructions, the calling convention and the system calls; it orders memory as this machine
// does and is slow. Where a cross-compiler or emulator is missing, it says what to install. Ends with
// "N passed, N failed, N skipped".
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleSuite } from '../../packages/tensor/conformance/tfjs-suite/bundle-suite.mjs';
import { BUILD, TARGETS } from './targets.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NATIVE = path.join(ROOT, 'packages/tensor/native');
const CONFORMANCE = path.join(ROOT, 'packages/tensor/conformance');
const SUITES = [
  ...['fused', 'gradients', 'parameters'].map((suite) =>
    path.join(CONFORMANCE, suite, 'native.test.ts'),
  ),
  path.join(ROOT, 'packages/tensor/src/backends/native/kernels/determinism.test.ts'),
];
const PATIENCE = ['--testTimeout=600000', '--hookTimeout=600000'];

const counts = { passed: 0, failed: 0, skipped: 0 };

function add(title, passed, failed) {
  counts.passed += passed;
  counts.failed += failed;
  process.stdout.write(
    `${failed === 0 ? 'ok' : 'FAILED'}: ${title}: ${passed} passed, ${failed} failed\n`,
  );
}

function build({ compiler }) {
  const { status } = spawnSync(process.execPath, [path.join(NATIVE, 'build.mjs'), '--test'], {
    env: { ...process.env, CXX: compiler },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) throw new Error(`portability: ${compiler}: the build failed; see above.`);
}

/** Its output goes through a file: Node under Wine cannot write to a pipe of another system, and one spec then fails. */
function run([command, ...args], environment) {
  const log = path.join(BUILD, 'output.log');
  const output = openSync(log, 'w');
  const { status } = spawnSync(command, args, {
    cwd: ROOT,
    env: { ...process.env, ...environment },
    stdio: ['ignore', output, output],
  });
  const text = readFileSync(log, 'utf8');
  if (status !== 0) process.stderr.write(text.slice(-2000));
  return { status, output: text };
}

function runCppTests({ name, cppTests, emulator }) {
  const program = path.join(NATIVE, 'build', name, cppTests);
  const { status, output } = run(emulator.run(program, []), emulator.environment);
  const count = (word) => (output.match(new RegExp(`^${word}`, 'gm')) ?? []).length;
  const failed = count('FAIL');
  add(`C++ tests, ${name}`, count('ok '), status === 0 ? failed : Math.max(1, failed));
}

const libraryOf = (target) => ({
  LLM_NATIVE_LIBRARY: target.pathOf(path.join(NATIVE, 'build', target.name, 'llm_tensor.node')),
});

function readReport(file, count) {
  try {
    return count(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return [0, 1]; // ended before it could report
  }
}

function runTfjsSuite(target, bundle) {
  const { emulator } = target;
  const report = path.join(BUILD, `tfjs-${target.name}.json`);
  rmSync(report, { force: true });
  const args = [path.join(CONFORMANCE, 'tfjs-suite/run-bundle.mjs'), bundle, report];
  const command = emulator.run(target.node(), args.map(target.pathOf));
  run(command, { ...emulator.environment, ...libraryOf(target) });
  const [passed, failed] = readReport(report, ({ outcomes, overall }) => {
    const failures = outcomes.filter(({ status }) => status === 'failed');
    for (const { name, messages } of failures)
      process.stderr.write(`  ${name}: ${messages.join('; ')}\n`);
    return [
      outcomes.filter(({ status }) => status === 'passed').length,
      failures.length + overall.length,
    ];
  });
  add(`tfjs-core's specs, ${target.name}`, passed, failed);
}

/** Inside the package, so that jasmine is found. */
async function withBundle(target, use) {
  const folder = path.join(CONFORMANCE, 'tfjs-suite/build');
  mkdirSync(folder, { recursive: true });
  const bundle = path.join(folder, `${target.name}.cjs`);
  try {
    await bundleSuite('native', bundle, target.urlOf(bundle));
    use(bundle);
  } finally {
    rmSync(bundle, { force: true });
  }
}

/** A worker of vitest speaks through a descriptor that it inherits, which qemu hands on and Wine does not. */
function runConformance(target) {
  const node = path.join(BUILD, `node-${target.name}.sh`);
  const words = target.emulator.run(target.node(), []).map((word) => `'${word}'`);
  writeFileSync(node, `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`);
  chmodSync(node, 0o755);
  const report = path.join(BUILD, `conformance-${target.name}.json`);
  rmSync(report, { force: true });
  const vitest = fileURLToPath(new URL('vitest-emulated.mjs', import.meta.url));
  const options = ['run', '--reporter=json', `--outputFile=${report}`, ...PATIENCE];
  run([process.execPath, vitest, node, ...options, ...SUITES], libraryOf(target));
  const [passed, failed] = readReport(report, (r) => [
    r.numPassedTests,
    r.numFailedTests +
      r.testResults.filter((f) => f.status === 'failed' && f.assertionResults.length === 0).length,
  ]);
  add(`conformance suites, ${target.name}`, passed, failed);
}

async function test(target) {
  if (target.needs.length > 0) {
    counts.skipped += 1;
    process.stdout.write(
      `skipped: ${target.name}: expected ${target.needs.join(' and ')}, got none. ` +
        `Debian: apt install ${target.packages}\n`,
    );
    return;
  }
  build(target);
  runCppTests(target);
  if (target.name === 'linux-arm64') runConformance(target);
  else await withBundle(target, (bundle) => runTfjsSuite(target, bundle));
}

const wanted = process.argv.slice(2);
const names = TARGETS.map(({ name }) => name);
const unknown = wanted.find((name) => !names.includes(name));
if (unknown !== undefined) {
  process.stderr.write(`portability: expected ${names.join(' or ')}, got ${unknown}.\n`);
  process.exit(2);
}
mkdirSync(BUILD, { recursive: true });
for (const target of TARGETS) {
  if (wanted.length === 0 || wanted.includes(target.name)) await test(target);
}
const { passed, failed, skipped } = counts;
process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
process.exitCode = failed === 0 ? 0 : 1;
