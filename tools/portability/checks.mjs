// What a target's engine must pass. Each check gives [title, passed, failed].
import { chmodSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleSuite } from '../../packages/tensor/conformance/tfjs-suite/bundle-suite.mjs';
import { ROOT, fileOf, libraryOf, run } from './programs.mjs';
import { BUILD } from './targets.mjs';

const TENSOR = path.join(ROOT, 'packages/tensor');
const CONFORMANCE = path.join(TENSOR, 'conformance');
const KERNELS = path.join(TENSOR, 'src/backends/native/kernels');
const PATIENCE = ['--testTimeout=600000', '--hookTimeout=600000'];

const QUANTIZED = path.join(CONFORMANCE, 'quantized/native.test.ts');

/** Every suite that runs the native engine. */
function suites() {
  const names = (folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return [
    ...names(CONFORMANCE)
      .filter((name) => /(^|[\\/])native[^\\/]*\.test\.ts$/.test(name))
      .map((name) => path.join(CONFORMANCE, name)),
    ...names(KERNELS)
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => path.join(KERNELS, name)),
    path.join(TENSOR, 'src/precision/matmul-precision.test.ts'),
  ];
}

export function checkWarnings(target, said) {
  const warnings = said.split('\n').filter((line) => line.includes('warning:')).length;
  return [`builds without a warning, ${target.name}`, warnings === 0 ? 1 : 0, warnings];
}

export async function checkCppTests(target, machine) {
  const title = `C++ tests, ${target.name}, ${machine.cpu}`;
  const program = fileOf(target, target.cppTests);
  const { status, output } = await run(title, machine.run(program, []), machine.environment);
  const count = (word) => (output.match(new RegExp(`^${word}`, 'gm')) ?? []).length;
  const failed = count('FAIL');
  return [title, count('ok '), status === 0 ? failed : Math.max(1, failed)];
}

function readReport(file, count) {
  try {
    return count(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return [0, 1]; // ended before it could report
  }
}

function writeFailures(failures) {
  for (const { name, messages } of failures)
    process.stderr.write(`  ${name}: ${messages.join('; ').slice(0, 500)}\n`);
}

/** tfjs-core's own specs, bundled here, run in the target's Node. */
async function runTfjsSuite(target, machine, bundle) {
  const title = `tfjs-core's specs, ${target.name}`;
  const report = path.join(BUILD, `tfjs-${target.name}.json`);
  rmSync(report, { force: true });
  const args = [path.join(CONFORMANCE, 'tfjs-suite/run-bundle.mjs'), bundle, report];
  const command = machine.run(target.node(), args.map(target.pathOf));
  await run(title, command, { ...machine.environment, ...libraryOf(target) });
  const [passed, failed] = readReport(report, ({ outcomes, overall }) => {
    const failures = outcomes.filter(({ status }) => status === 'failed');
    writeFailures(failures);
    return [
      outcomes.filter(({ status }) => status === 'passed').length,
      failures.length + overall.length,
    ];
  });
  return [title, passed, failed];
}

/** The bundle is inside the package, so that jasmine is found. */
export async function checkTfjsSuite(target, machine) {
  const folder = path.join(CONFORMANCE, 'tfjs-suite/build');
  mkdirSync(folder, { recursive: true });
  const bundle = path.join(folder, `${target.name}.cjs`);
  try {
    await bundleSuite('native', bundle, target.urlOf(bundle));
    return await runTfjsSuite(target, machine, bundle);
  } finally {
    rmSync(bundle, { force: true });
  }
}

/** One program that starts the target's Node on a machine. */
function nodeProgram(target, machine) {
  const [first, ...rest] = machine.run(target.node(), []);
  if (rest.length === 0) return first;
  const program = path.join(BUILD, `node-${target.name}-${machine.cpu}.sh`);
  const words = [first, ...rest].map((word) => `'${word}'`).join(' ');
  writeFileSync(program, `#!/bin/sh\nexec ${words} "$@"\n`);
  chmodSync(program, 0o755);
  return program;
}

async function runSuites(target, machine, files) {
  const title = `conformance suites, ${target.name}, ${machine.cpu}`;
  const report = path.join(BUILD, `conformance-${target.name}-${machine.cpu}.json`);
  rmSync(report, { force: true });
  const vitest = fileURLToPath(new URL('vitest-emulated.mjs', import.meta.url));
  const options = ['run', '--reporter=json', `--outputFile=${report}`, ...PATIENCE];
  const node = nodeProgram(target, machine);
  await run(title, [process.execPath, vitest, node, ...options, ...files], libraryOf(target));
  const [passed, failed] = readReport(report, (r) => {
    const broken = r.testResults.filter(
      (file) => file.status === 'failed' && file.assertionResults.length === 0,
    );
    writeFailures(broken.map(({ name, message }) => ({ name, messages: [message] })));
    for (const { assertionResults } of r.testResults) {
      const failures = assertionResults.filter(({ status }) => status === 'failed');
      writeFailures(failures.map((a) => ({ name: a.fullName, messages: a.failureMessages })));
    }
    return [r.numPassedTests, r.numFailedTests + broken.length];
  });
  return [title, passed, failed];
}

/**
 * Every suite on the first machine, the quantised products on the others: there the processors' instructions differ. A
 * worker of vitest speaks through a descriptor that it inherits, which qemu hands on and Wine does not.
 */
export const checkConformance = (target, machine) =>
  runSuites(target, machine, machine === target.machines[0] ? suites() : [QUANTIZED]);
