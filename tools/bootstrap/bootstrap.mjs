// Makes a bare clone ready to run: installs the workspace, builds the native engine, builds the
// packages. Each step remembers a digest of what it read, so a second run does nothing.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, ROOT } from './digest.mjs';

const STAMP = join(ROOT, '.bootstrap.json');
const PNPM = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).packageManager;

const STEPS = [
  {
    name: 'dependencies',
    inputs: [
      'pnpm-lock.yaml',
      'pnpm-workspace.yaml',
      'package.json',
      'packages/*/package.json',
      'apps/*/package.json',
      'tools/*/package.json',
    ],
    outputs: ['node_modules/.pnpm'],
    command: ['npx', '--yes', PNPM, 'install', '--frozen-lockfile'],
    failure:
      'Installing the dependencies failed. Check the network and the npm registry, then run `npm run setup` again.',
  },
  {
    name: 'native engine',
    inputs: ['packages/tensor/native'],
    outputs: ['packages/tensor/native/build'],
    command: ['node', 'packages/tensor/native/build.mjs'],
    optional:
      'The native engine was not built; the slower wasm and cpu backends are used. A C++17 compiler (g++ or clang++) makes it available.',
  },
  {
    name: 'packages',
    inputs: [
      'packages/*/src',
      'packages/*/tsup.config.ts',
      'apps/*/src',
      'apps/*/examples',
      'apps/*/tsup.config.ts',
      'pnpm-lock.yaml',
    ],
    outputs: ['apps/demo/dist', 'packages/tensor/dist'],
    command: ['npx', '--yes', PNPM, 'exec', 'turbo', 'run', 'build', '--output-logs=errors-only'],
    failure: 'Building the packages failed; the compiler output is above.',
  },
];

function readStamp() {
  if (!existsSync(STAMP)) return {};
  try {
    return JSON.parse(readFileSync(STAMP, 'utf8'));
  } catch {
    return {}; // A stamp cut short by a kill only means that the steps run again.
  }
}

function isCurrent(step, digest, stamp) {
  return stamp[step.name] === digest && step.outputs.every((path) => existsSync(join(ROOT, path)));
}

function run(step) {
  const [program, ...args] = step.command;
  const result = spawnSync(program, args, {
    cwd: ROOT,
    stdio: ['ignore', 2, 2], // set-up talks on stderr: stdout belongs to the command that follows
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' },
    shell: process.platform === 'win32',
  });
  return result.status === 0;
}

function bootstrap() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20) {
    process.stderr.write(
      `setup: node: expected version 20 or newer, got ${process.versions.node}. Install a current Node.js.\n`,
    );
    return 1;
  }
  const stamp = readStamp();
  for (const step of STEPS) {
    const digest = digestOf(step.inputs);
    if (isCurrent(step, digest, stamp)) continue;
    process.stderr.write(`setup: ${step.name} …\n`);
    const started = Date.now();
    if (run(step)) {
      stamp[step.name] = digest;
      writeFileSync(STAMP, JSON.stringify(stamp, null, 2));
      process.stderr.write(
        `setup: ${step.name} done in ${((Date.now() - started) / 1000).toFixed(1)} s\n`,
      );
    } else if (step.optional) {
      process.stderr.write(`setup: ${step.optional}\n`);
    } else {
      process.stderr.write(`setup: ${step.failure}\n`);
      return 1;
    }
  }
  return 0;
}

process.exitCode = bootstrap();
