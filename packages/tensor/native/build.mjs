// Builds the native engine: node native/build.mjs [--test] [--sanitize | --sanitize-threads] [--clean]
//
//   native/build/llm_tensor.node       the engine
//   native/build/llm_tensor_test       with --test: every *_test.cc in one program
//   native/build/sanitize/…            with --sanitize: the same under ASan and UBSan
//   native/build/sanitize-threads/…    with --sanitize-threads: the tests of the thread pool and the memory, under TSan
//
// Sources are every .cc file below native/. A file named *_simd.cc is compiled once per instruction set, with
// LLM_ISA set to its name; *_avx2.cc, *_avx512.cc and *_scalar.cc once with that set's flags, *_avx512bf16.cc,
// *_avx512vnni.cc and *_avxvnni.cc once with an extension's, on x64 only. An object is rebuilt when its command, its source or a header it included changed. The compiler is CXX, else g++,
// clang++ or c++. Nothing is downloaded.
import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(fileURLToPath(import.meta.url));
const flags = new Set(process.argv.slice(2));
const sanitizer = ['sanitize', 'sanitize-threads'].find((name) => flags.has(`--${name}`));
const SANITIZER_FLAGS = {
  sanitize: ['-fsanitize=address,undefined', '-fno-sanitize-recover=undefined'],
  'sanitize-threads': ['-fsanitize=thread'],
};
const isDarwin = process.platform === 'darwin';
const isX64 = process.arch === 'x64';
const isThreadsOnly = sanitizer === 'sanitize-threads';
const THREADED = ['threading', 'memory', 'test']; // kernels only hand the pool their work
const out = path.join(root, 'build', sanitizer ?? '');
const JOBS = Math.min(8, availableParallelism());

// GCC 12 sees its own _mm512_undefined_ps() as uninitialised.
const GCC_FALSE_ALARM = '-Wno-maybe-uninitialized';

const AVX2_FLAGS = ['-mavx2', '-mfma', '-mf16c'];
const AVX512_FLAGS = [
  ...AVX2_FLAGS,
  '-mavx512f',
  '-mavx512bw',
  '-mavx512dq',
  '-mavx512vl',
  '-mprefer-vector-width=512',
  GCC_FALSE_ALARM,
];

const ISA_FLAGS = isX64 ? { scalar: [], avx2: AVX2_FLAGS, avx512: AVX512_FLAGS } : { scalar: [] };

/** Extensions of a set: dispatch/cpu_features.h asks the processor for each. */
const EXTENSION_FLAGS = isX64
  ? {
      avx512bf16: [...AVX512_FLAGS, '-mavx512bf16'],
      avx512vnni: [...AVX512_FLAGS, '-mavx512vnni'],
      avxvnni: [...AVX2_FLAGS, '-mavxvnni'],
    }
  : {};

function findCompiler() {
  const candidates = process.env.CXX ? [process.env.CXX] : ['g++', 'clang++', 'c++'];
  for (const command of candidates) {
    const version = spawnSync(command, ['--version'], { encoding: 'utf8' });
    if (version.status === 0) return { command, version: version.stdout.split('\n')[0] };
  }
  throw new Error(
    `native/build: compiler: expected a C++17 compiler, got none of ${candidates.join(', ')}. ` +
      'Install g++ or clang++ (Debian: apt install g++; macOS: xcode-select --install) or set CXX.',
  );
}

function commonFlags() {
  const headers = createRequire(import.meta.url)('node-api-headers').include_dir;
  const optimise = sanitizer
    ? ['-O1', '-g1', '-fno-omit-frame-pointer', ...SANITIZER_FLAGS[sanitizer]]
    : ['-O3', '-g1'];
  return [
    '-std=c++17',
    ...optimise,
    '-fPIC',
    '-fvisibility=hidden',
    '-ffp-contract=off',
    '-fno-math-errno',
    '-fno-trapping-math',
    '-Wall',
    '-Wextra',
    '-Wno-psabi',
    '-Wno-unknown-warning-option',
    '-DNAPI_VERSION=8',
    '-DNODE_GYP_MODULE_NAME=llm_tensor',
    `-I${root}`,
    '-isystem',
    headers,
    '-pthread',
  ];
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
  const suffix = /_(simd|scalar|avx2|avx512|avx512bf16|avx512vnni|avxvnni)$/.exec(
    stem.replace(/_test$/, ''),
  )?.[1];
  const isas = suffix === 'simd' ? Object.keys(ISA_FLAGS) : suffix ? [suffix] : [undefined];
  const flagsOf = { ...ISA_FLAGS, ...EXTENSION_FLAGS };
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
function stateOf(unit, compiler) {
  const dependencyFile = unit.object.replace(/\.o$/, '.d');
  if (!existsSync(dependencyFile) || !existsSync(unit.object)) return undefined;
  const list = readFileSync(dependencyFile, 'utf8')
    .replaceAll('\\\n', ' ')
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

function isCurrent(unit, compiler) {
  const record = `${unit.object}.hash`;
  const state = stateOf(unit, compiler);
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
async function compile(unit, compiler) {
  const args = [...unit.args, '-MD', '-c', unit.source, '-o', unit.object];
  const warnings = await run(compiler.command, args);
  process.stderr.write(warnings);
  writeFileSync(
    `${unit.object}.hash`,
    `${stateOf(unit, compiler)}${warnings ? ' with warnings' : ''}`,
  );
}

/** Runs `work` on every item, JOBS at a time. */
async function inParallel(items, work) {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: JOBS }, worker));
}

async function link(target, units, args, compiler) {
  const record = path.join(out, `${path.basename(target)}.hash`);
  const inputs = units.map((unit) => readFileSync(`${unit.object}.hash`, 'utf8'));
  const state = createHash('sha256')
    .update([compiler.command, ...args, ...inputs].join('\0'))
    .digest('hex');
  if (existsSync(target) && existsSync(record) && readFileSync(record, 'utf8') === state)
    return false;
  const temporary = `${target}.${process.pid}.tmp`;
  const sanitizers = sanitizer ? SANITIZER_FLAGS[sanitizer] : [];
  await run(compiler.command, [
    ...args,
    ...sanitizers,
    ...units.map((u) => u.object),
    '-pthread',
    '-o',
    temporary,
  ]);
  renameSync(temporary, target); // a process that has the old one loaded keeps it
  writeFileSync(record, state);
  return true;
}

/** Not unloaded with a worker thread's environment: our own threads run its code. */
function sharedLibraryFlags() {
  return isDarwin
    ? ['-bundle', '-undefined', 'dynamic_lookup']
    : ['-shared', '-Wl,-z,nodelete', '-Wl,--no-undefined-version'];
}

async function main() {
  if (flags.has('--clean')) rmSync(path.join(root, 'build'), { recursive: true, force: true });
  mkdirSync(path.join(out, 'obj'), { recursive: true });
  const compiler = findCompiler();
  const common = commonFlags();
  const isWanted = (source) => !isThreadsOnly || THREADED.includes(source.split(path.sep)[0]);
  const units = findSources()
    .filter(isWanted)
    .flatMap((source) => unitsOf(source, common));
  const isTest = ({ source }) =>
    source.endsWith('_test.cc') || source.startsWith(`test${path.sep}`);
  const engine = units.filter((unit) => !isTest(unit));
  const wanted = flags.has('--test') ? units : engine;
  const stale = wanted.filter((unit) => !isCurrent(unit, compiler));
  if (stale.length > 0)
    process.stderr.write(`native: compiling ${stale.length} files with ${compiler.version}\n`);
  await inParallel(stale, (unit) => compile(unit, compiler));
  if (!isThreadsOnly) {
    await link(path.join(out, 'llm_tensor.node'), engine, sharedLibraryFlags(), compiler);
  }
  if (flags.has('--test')) {
    const withoutBinding = units.filter(({ source }) => source !== path.join('node', 'binding.cc'));
    await link(path.join(out, 'llm_tensor_test'), withoutBinding, [], compiler);
  }
}

main().catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
