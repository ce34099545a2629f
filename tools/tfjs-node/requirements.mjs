// What a build, and then a GPU, need on this machine, each as a sentence that says how to get it.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';

const OLDEST_NODE = 20;
/** tfjs-node 4.22 calls `util.isNullOrUndefined`, which Node 23 removed. */
const FIRST_NODE_WITHOUT_BINDING = 23;

/** The libraries that TensorFlow 2.21 opens by name when it starts, and where they come from. */
const GPU_LIBRARIES = [
  ['libcudart.so.12', 'CUDA 12.5 or later'],
  ['libcublas.so.12', 'CUDA 12.5 or later'],
  ['libcufft.so.11', 'CUDA 12.5 or later'],
  ['libcusolver.so.11', 'CUDA 12.5 or later'],
  ['libcusparse.so.12', 'CUDA 12.5 or later'],
  ['libcudnn.so.9', 'cuDNN 9.3 or later'],
  ['libnccl.so.2', 'NCCL 2.27 or later'],
];

const works = (command, ...args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/** A C++17 compiler's command, or undefined. */
export function findCompiler() {
  const candidates = process.env.CXX ? [process.env.CXX] : ['g++', 'clang++', 'c++'];
  return candidates.find((command) => works(command, '--version'));
}

/** pip's command and first arguments, or undefined. */
export function findPip() {
  const candidates = [['pip3'], ['pip'], ['python3', '-m', 'pip']];
  return candidates.find(([command, ...args]) => works(command, ...args, '--version'));
}

/** What keeps the build from starting. */
export function missingForBuild({ needsPip }) {
  const missing = [];
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) {
    missing.push(
      `Linux on x64 or arm64; this is ${process.platform} on ${process.arch}. Use the \`native\` backend here.`,
    );
  }
  const major = Number(process.versions.node.split('.')[0]);
  if (major < OLDEST_NODE || major >= FIRST_NODE_WITHOUT_BINDING) {
    missing.push(
      `Node 20, 21 or 22: this is ${process.version}, on which tfjs-node 4.22 does not load.`,
    );
  }
  if (findCompiler() === undefined) {
    missing.push('a C++17 compiler: Debian and Ubuntu, `apt install g++`; or set CXX.');
  }
  if (needsPip && findPip() === undefined) {
    missing.push(
      "pip, which downloads TensorFlow's wheel: Debian and Ubuntu, `apt install python3-pip`; " +
        'or give a wheel that you have: --tensorflow FILE.',
    );
  }
  return missing;
}

/** What TensorFlow needs beside its wheel to compute on a GPU. */
export function missingForGpu({ needsLibraries }) {
  const missing = [];
  if (process.arch !== 'x64') missing.push('an x64 machine: the arm64 wheel has no CUDA in it.');
  if (!works('nvidia-smi')) {
    missing.push(
      "NVIDIA's driver, 525.60.13 or later, and a GPU that it sees (`nvidia-smi` must work).",
    );
  }
  return needsLibraries ? [...missing, ...missingLibraries()] : missing;
}

function missingLibraries() {
  const cache = spawnSync('ldconfig', ['-p'], { encoding: 'utf8' }).stdout ?? '';
  const folders = (process.env.LD_LIBRARY_PATH ?? '').split(':').filter(existsSync);
  const isThere = (name) =>
    cache.includes(name) || folders.some((folder) => readdirSync(folder).includes(name));
  return GPU_LIBRARIES.filter(([library]) => !isThere(library)).map(
    ([library, source]) =>
      `${library}, of ${source}, where the loader finds it; or build with --cuda.`,
  );
}
