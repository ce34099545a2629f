// Builds the native engine: node native/build.mjs [--test] [--sanitize | --sanitize-threads] [--folder=NAME] [--clean]
//
//   native/build/llm_tensor.node       the engine
//   native/build/llm_tensor_test       with --test: every *_test.cc in one program (.exe on Windows)
//   native/build/sanitize/…            with --sanitize: the same under ASan and UBSan
//   native/build/sanitize-threads/…    with --sanitize-threads: the tests of the thread pool and the memory, under TSan
//   native/build/linux-arm64/… etc.    where CXX is a cross-compiler, for what it compiles for; see toolchain.mjs
//   native/build/NAME/…                with --folder=NAME: beside the engine in use, as with another compiler
//
// Sources are every .cc file below native/. A file named *_simd.cc is compiled once per instruction set, with
// LLM_ISA set to its name; *_avx2.cc, *_avx512.cc and *_scalar.cc once with that set's flags, *_avx512bf16.cc,
// *_avx512vnni.cc, *_avxvnni.cc, *_neondot.cc and *_neonbf16.cc once with an extension's, where they belong. An object is rebuilt when its command, its
// source or a header it included changed. The compiler is CXX, else g++, clang++ or c++. Nothing is downloaded.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as toolchain from './toolchain.mjs';

const root = path.dirname(fileURLToPath(import.meta.url));
const flags = new Set(process.argv.slice(2));
const sanitizer = ['sanitize', 'sanitize-threads'].find((name) => flags.has(`--${name}`));
const SANITIZER_FLAGS = {
  sanitize: ['-fsanitize=address,undefined', '-fno-sanitize-recover=undefined'],
  'sanitize-threads': ['-fsanitize=thread'],
};
const isThreadsOnly = sanitizer === 'sanitize-threads';
const THREADED = ['threading', 'memory', 'test']; // kernels only hand the pool their work
const compiler = toolchain.findCompiler();
const { target } = compiler;
const instructions = toolchain.instructionSets(compiler);
// Relative: Windows has a limit to a command's length.
const folder = process.argv.find((flag) => flag.startsWith('--folder='))?.slice('--folder='.length);
const out = path.join('build', folder ?? (target.isHost ? '' : target.name), sanitizer ?? '');
const NODE_ONLY = [
  'binding.cc',
  'buffer_functions.cc',
  'call.cc',
  'engine_functions.cc',
  'node_api_windows.cc',
  'program_functions.cc',
].map((file) => path.join('node', file));
const JOBS = Math.min(8, availableParallelism());

function commonFlags() {
  const optimise = sanitizer
    ? ['-O1', '-g1', '-fno-omit-frame-pointer', ...SANITIZER_FLAGS[sanitizer]]
    : ['-O3', '-g1'];
  return toolchain.compileFlags(compiler, optimise, root);
}

/** Every .cc file below native/, relative to it, sorted. */
function findSources(folder = '') {
  const found = [];
  for (const entry of readdirSync(path.join(root, folder), { withFileTypes: true })) {
    const name = path.join(folder, entry.name);
    if (entry.isDirectory() && name !== 'build') found.push(...findSources(name));
    if (entry.isFile() && name.endsWith('.cc')) found.push(name);
  }
  return found.sort();
}

/** One source gives one object, or one per instruction set. */
function unitsOf(source, common) {
  const stem = source.slice(0, -'.cc'.length);
  const suffix = /_(simd|scalar|avx2|avx512|avx512bf16|avx512vnni|avxvnni|neondot|neonbf16)$/.exec(
    stem.replace(/_test$/, ''),
  )?.[1];
  const isas = suffix === 'simd' ? Object.keys(instructions.sets) : suffix ? [suffix] : [undefined];
  const flagsOf = { ...instructions.sets, ...instructions.extensions };
  return isas
    .filter((isa) => isa === undefined || isa in flagsOf)
    .map((isa) => ({
      source,
      object: path.join(out, 'obj', `${stem.replaceAll(path.sep, '.')}${isa ? `.${isa}` : ''}.o`),
      args: [...common, ...(isa ? [...flagsOf[isa], `-DLLM_ISA=${isa}`] : [])],
    }));
}

const fileHashes = new Map();
function hashOfFile(file) {
  if (!fileHashes.has(file)) {
    const hash = existsSync(file)
      ? createHash('sha256').update(readFileSync(file)).digest('hex')
      : 'missing';
    fileHashes.set(file, hash);
  }
  return fileHashes.get(file);
}

/** The command and everything the object was made from, as its dependency file lists it. */
function stateOf(unit) {
  const dependencyFile = unit.object.replace(/\.o$/, '.d');
  if (!existsSync(dependencyFile) || !existsSync(unit.object)) return undefined;
  const list = readFileSync(dependencyFile, 'utf8')
    .replaceAll(/\\\r?\n/g, ' ')
    .split(/:\s/)
    .slice(1)
    .join(' ');
  const files = list
    .split(/(?<!\\)\s+/)
    .filter(Boolean)
    .map((file) => file.replaceAll('\\ ', ' '));
  const hash = createHash('sha256').update(
    [compiler.command, compiler.version, ...unit.args].join('\0'),
  );
  for (const file of files) hash.update(`${file}\0${hashOfFile(path.resolve(root, file))}`);
  return hash.digest('hex');
}

function isCurrent(unit) {
  const record = `${unit.object}.hash`;
  const state = stateOf(unit);
  return state !== undefined && existsSync(record) && readFileSync(record, 'utf8') === state;
}

/** Resolves to what it wrote to stderr. */
function run(command, args) {
  return new Promise((resolve, reject) => {
    execFile(command, args, { cwd: root, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${command} failed:\n${stderr || stdout || error.message}`));
      else resolve(stderr);
    });
  });
}

/**
 * Warnings don't stop a user's build: compilers newer than ours find new ones. They are printed, and the object
 * counts as stale, so that they come again until they are gone.
 */
async function compile(unit) {
  const args = [...unit.args, '-MD', '-c', unit.source, '-o', unit.object];
  const warnings = await run(compiler.command, args);
  process.stderr.write(warnings);
  writeFileSync(`${unit.object}.hash`, `${stateOf(unit)}${warnings ? ' with warnings' : ''}`);
}

/** Runs `work` on every item, JOBS at a time. */
async function inParallel(items, work) {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: JOBS }, worker));
}

/** Returns false where the file was current. */
async function link(file, units, args) {
  const record = `${file}.hash`;
  const inputs = units.map((unit) => readFileSync(`${unit.object}.hash`, 'utf8'));
  const state = createHash('sha256')
    .update([compiler.command, ...args, ...inputs].join('\0'))
    .digest('hex');
  if (existsSync(file) && existsSync(record) && readFileSync(record, 'utf8') === state)
    return false;
  const temporary = `${file}.${process.pid}.tmp`;
  const sanitizers = sanitizer ? SANITIZER_FLAGS[sanitizer] : [];
  const objects = units.map((unit) => unit.object);
  await run(compiler.command, [
    ...compiler.args,
    ...args,
    ...sanitizers,
    ...objects,
    '-o',
    temporary,
  ]);
  replace(file, temporary);
  writeFileSync(record, state);
  return true;
}

/** A process that has the old file loaded keeps it; Windows lets such a file be renamed, not replaced or removed. */
function replace(file, successor) {
  if (process.platform === 'win32' && existsSync(file)) {
    const old = `${file}.${process.pid}.old`;
    renameSync(file, old);
    try {
      rmSync(old);
    } catch {
      // --clean removes it later
    }
  }
  renameSync(successor, file);
}

async function main() {
  process.chdir(root);
  if (flags.has('--clean')) rmSync('build', { recursive: true, force: true });
  mkdirSync(path.join(out, 'obj'), { recursive: true });
  const common = commonFlags();
  const isWanted = (source) => !isThreadsOnly || THREADED.includes(source.split(path.sep)[0]);
  const units = findSources()
    .filter(isWanted)
    .flatMap((source) => unitsOf(source, common));
  const isTest = ({ source }) =>
    source.endsWith('_test.cc') || source.startsWith(`test${path.sep}`);
  const engine = units.filter((unit) => !isTest(unit));
  const wanted = flags.has('--test') ? units : engine;
  const stale = wanted.filter((unit) => !isCurrent(unit));
  if (stale.length > 0)
    process.stderr.write(
      `native: compiling ${stale.length} files for ${target.name} with ${compiler.version}\n`,
    );
  await inParallel(stale, (unit) => compile(unit));
  if (!isThreadsOnly) {
    const args = toolchain.libraryLinkFlags(target);
    await link(path.join(out, 'llm_tensor.node'), engine, args);
  }
  if (flags.has('--test')) {
    const withoutBinding = units.filter(({ source }) => !NODE_ONLY.includes(source));
    const program = target.platform === 'win32' ? 'llm_tensor_test.exe' : 'llm_tensor_test';
    await link(path.join(out, program), withoutBinding, toolchain.programLinkFlags(target));
  }
}

main().catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
