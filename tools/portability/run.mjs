// The native engine on other platforms, processors and compilers than this machine's:
//
//   node tools/portability/run.mjs [linux-arm64] [win32-x64] [old-x64] [clang] [--tfjs]
//
//   linux-arm64   GCC's cross-compiler and qemu, as a processor with every extension and as a Cortex-A57: the C++
//                 tests; in Node for arm64 every suite of the native engine
//   win32-x64     MinGW-w64 and Wine: the C++ tests; in Node for Windows tfjs-core's own 4,232 specs
//   old-x64       qemu as a Haswell and as a Nehalem, where AVX-512 and AVX are illegal instructions: the C++ tests
//   clang         clang++ instead of g++, without a warning: the C++ tests; every suite of the native engine
//
// --tfjs runs tfjs-core's specs on linux-arm64 too, which takes long. An emulator proves the instructions, the calling
// convention and the system calls; it orders memory as this machine does and is slow. Where a compiler or emulator
// is missing, it says what to install. Ends with "N passed, N failed, N skipped".
import { mkdirSync } from 'node:fs';
import { checkConformance, checkCppTests, checkTfjsSuite, checkWarnings } from './checks.mjs';
import { build } from './programs.mjs';
import { BUILD, TARGETS } from './targets.mjs';

const counts = { passed: 0, failed: 0, skipped: 0 };

function add([title, passed, failed]) {
  counts.passed += passed;
  counts.failed += failed;
  process.stdout.write(
    `${failed === 0 ? 'ok' : 'FAILED'}: ${title}: ${passed} passed, ${failed} failed\n`,
  );
}

async function test(target, hasTfjs) {
  if (target.needs.length > 0) {
    counts.skipped += 1;
    process.stdout.write(
      `skipped: ${target.name}: expected ${target.needs.join(' and ')}, got none. ` +
        `Debian: apt install ${target.packages}\n`,
    );
    return;
  }
  const said = build(target);
  if (target.hasNoWarnings) add(checkWarnings(target, said));
  const cppTests = await Promise.all(target.machines.map((m) => checkCppTests(target, m)));
  cppTests.forEach(add);
  if (target.suite === 'conformance') {
    for (const machine of target.machines) add(await checkConformance(target, machine));
  }
  if (target.suite === 'tfjs' || (hasTfjs && target.urlOf))
    add(await checkTfjsSuite(target, target.machines[0]));
}

const wanted = process.argv.slice(2).filter((word) => word !== '--tfjs');
const names = TARGETS.map(({ name }) => name);
const unknown = wanted.find((name) => !names.includes(name));
if (unknown !== undefined) {
  process.stderr.write(`portability: expected ${names.join(' or ')}, got ${unknown}.\n`);
  process.exit(2);
}
mkdirSync(BUILD, { recursive: true });
for (const target of TARGETS) {
  if (wanted.length === 0 || wanted.includes(target.name))
    await test(target, process.argv.includes('--tfjs'));
}
const { passed, failed, skipped } = counts;
process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
process.exitCode = failed === 0 ? 0 : 1;
