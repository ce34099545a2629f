// The compiler of native/build.mjs, what it compiles for, and the flags that follow from that.
//
// A build is for what its compiler targets: CXX='aarch64-linux-gnu-g++' builds for linux-arm64. CXX may hold
// arguments: CXX='zig c++ -target aarch64-macos'.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';

const HOST = `${process.platform}-${process.arch}`;

const ARCHITECTURES = {
  x86_64: 'x64',
  amd64: 'x64',
  aarch64: 'arm64',
  arm64: 'arm64',
  i686: 'ia32',
};

const PLATFORMS = [
  ['win32', /windows|mingw|cygwin/],
  ['darwin', /darwin|macos/],
  ['linux', /linux/],
  ['freebsd', /freebsd/],
];

/** Node's names for a compiler's triple: 'aarch64-linux-gnu' is { platform: 'linux', arch: 'arm64' }. */
export function targetOf(triple) {
  const [machine, ...rest] = triple.trim().split('-');
  const platform =
    PLATFORMS.find(([, pattern]) => pattern.test(rest.join('-')))?.[0] ?? rest.at(-1);
  const arch = ARCHITECTURES[machine] ?? machine;
  return { platform, arch, name: `${platform}-${arch}`, isHost: `${platform}-${arch}` === HOST };
}

function probe(words) {
  const [command, ...args] = words;
  const ask = (flag) => spawnSync(command, [...args, flag], { encoding: 'utf8' });
  const [version, triple] = [ask('--version'), ask('-dumpmachine')];
  if (version.status !== 0 || triple.status !== 0) return undefined;
  return {
    command,
    args,
    version: version.stdout.split('\n')[0].trim(),
    target: targetOf(triple.stdout),
  };
}

/** CXX, else the first of g++, clang++ and c++ that compiles for this Node. */
export function findCompiler() {
  const given = process.env.CXX?.trim();
  // Apple's clang compiles for the machine, which a Node for x64 under Rosetta is not.
  const apple =
    process.platform === 'darwin' ? ['-arch', process.arch === 'x64' ? 'x86_64' : 'arm64'] : [];
  const candidates = given
    ? [given.split(/\s+/)]
    : ['g++', 'clang++', 'c++'].map((name) => [name, ...apple]);
  for (const words of candidates) {
    const compiler = probe(words);
    if (compiler && (given || compiler.target.isHost)) return compiler;
  }
  throw new Error(
    `native/build: compiler: expected a C++17 compiler (GCC or clang) for ${HOST}, got none of ` +
      `${candidates.map((words) => words[0]).join(', ')}. Install g++ or clang++ (Debian: apt install g++; ` +
      'macOS: xcode-select --install; Windows: MinGW-w64) or set CXX.',
  );
}

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

const NEON_EXTENSIONS = { neondot: ['dotprod'], neonbf16: ['dotprod', 'bf16'] };

/** zig has names of its own for processors, and hands what follows -Xclang to clang. */
function neonFlags({ command }, features) {
  if (!/\bzig(\.exe)?$/.test(command)) return [`-march=armv8.2-a+${features.join('+')}`];
  return features.flatMap((feature) => ['-Xclang', '-target-feature', '-Xclang', `+${feature}`]);
}

/** The flags of each instruction set, and of each extension of one: dispatch/cpu_features.h asks the processor for them. */
export function instructionSets(compiler) {
  const { arch } = compiler.target;
  if (arch === 'arm64') {
    const extensions = Object.entries(NEON_EXTENSIONS).map(([name, features]) => [
      name,
      neonFlags(compiler, features),
    ]);
    return { sets: { scalar: [] }, extensions: Object.fromEntries(extensions) };
  }
  if (arch !== 'x64') return { sets: { scalar: [] }, extensions: {} };
  return {
    sets: { scalar: [], avx2: AVX2_FLAGS, avx512: AVX512_FLAGS },
    extensions: {
      avx512bf16: [...AVX512_FLAGS, '-mavx512bf16'],
      avx512vnni: [...AVX512_FLAGS, '-mavx512vnni'],
      avxvnni: [...AVX2_FLAGS, '-mavxvnni'],
    },
  };
}

/**
 * Windows: Node-API is found in the running program (node/node_api_windows.cc), so nothing is imported. GCC there
 * spills 32- and 64-byte vectors to a stack aligned to 16 with instructions that need more (GCC bug 54412); the
 * assembler rewrites those. clang aligns the stack.
 */
function windowsFlags({ version, target }) {
  const isGcc = !/clang/i.test(version);
  return [
    '-DNAPI_EXTERN=',
    ...(isGcc && target.arch === 'x64' ? ['-Wa,-muse-unaligned-vector-move'] : []),
  ];
}

export function compileFlags(compiler, optimise, root) {
  const isWindows = compiler.target.platform === 'win32';
  return [
    ...compiler.args,
    '-std=c++17',
    ...optimise,
    ...(isWindows ? windowsFlags(compiler) : ['-fPIC']),
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
    createRequire(import.meta.url)('node-api-headers').include_dir,
    ...(isWindows ? [] : ['-pthread']),
  ];
}

/**
 * Never unloaded with a worker thread's environment, for our own threads run its code; node/stay_loaded.cc sees to it
 * where no flag does. Windows: what only the compiler brings goes into the file, so that it loads where
 * no compiler is installed.
 */
const LIBRARY_FLAGS = {
  darwin: ['-bundle', '-undefined', 'dynamic_lookup'],
  win32: ['-shared', '-static'],
};

export function libraryLinkFlags({ platform }) {
  return (
    LIBRARY_FLAGS[platform] ?? [
      '-shared',
      '-pthread',
      '-Wl,-z,nodelete',
      '-Wl,--no-undefined-version',
    ]
  );
}

export function programLinkFlags({ platform }) {
  return platform === 'win32' ? ['-static'] : ['-pthread'];
}
