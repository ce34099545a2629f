// Builds @tensorflow/tfjs-node (or, with --gpu, tfjs-node-gpu) against a current TensorFlow, in one
// command; README.md says why that is needed.
//
//   node tools/tfjs-node/build.mjs [--gpu] [--tensorflow cpu|gpu|WHEEL] [--cuda] [--into DIR] [--check]
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compileBinding } from './binding.mjs';
import { installPeer } from './install-peer.mjs';
import { missingForGpu, missingForBuild } from './requirements.mjs';
import { tryPeer } from './try-peer.mjs';
import { fetchTensorFlow, unpackCuda, unpackTensorFlow } from './wheel.mjs';

const HERE = path.dirname(fileURLToPath(import.meta.url));

const WHEELS = path.join(HERE, 'build', 'wheels');

const HELP = `Usage: node tools/tfjs-node/build.mjs [options]
  --gpu             @tensorflow/tfjs-node-gpu on TensorFlow for CUDA (else tfjs-node on TensorFlow for the processor)
  --tensorflow W    another TensorFlow than that: cpu, gpu, or a wheel's file
  --cuda            also NVIDIA's libraries, 4 GB: then a GPU needs nothing but its driver
  --into DIR        the project into whose node_modules it goes  [tools/tfjs-node/build]
  --check           only say what is missing
`;

function readOptions() {
  const { values } = parseArgs({
    options: {
      gpu: { type: 'boolean', default: false },
      tensorflow: { type: 'string' },
      cuda: { type: 'boolean', default: false },
      into: { type: 'string', default: path.join(HERE, 'build') },
      check: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const tensorflow = values.tensorflow ?? (values.gpu ? 'gpu' : 'cpu');
  return { ...values, tensorflow, into: path.resolve(values.into) };
}

function report(title, missing) {
  process.stderr.write(`${title}\n${missing.map((line) => `  - ${line}\n`).join('')}`);
}

/** True where a build can start. A GPU may be absent: TensorFlow then runs on the processor. */
function checkRequirements({ tensorflow, cuda }) {
  const missing = missingForBuild({ needsPip: tensorflow === 'cpu' || tensorflow === 'gpu' });
  if (missing.length > 0) report('tfjs-node: the build needs:', missing);
  if (tensorflow === 'gpu') {
    const absent = missingForGpu({ needsLibraries: !cuda });
    if (absent.length > 0) report('tfjs-node: for TensorFlow to see a GPU, still missing:', absent);
  }
  return missing.length === 0;
}

async function main() {
  const options = readOptions();
  if (options.help) return process.stdout.write(HELP);
  if (!checkRequirements(options)) return (process.exitCode = 1);
  if (options.check) return process.stdout.write('tfjs-node: everything for the build is here.\n');
  mkdirSync(options.into, { recursive: true });
  const folder = installPeer(options.gpu ? 'tfjs-node-gpu' : 'tfjs-node', options.into);
  const deps = path.join(folder, 'deps');
  const wheel = fetchTensorFlow(options.tensorflow, WHEELS);
  await unpackTensorFlow(wheel, deps);
  if (options.cuda) await unpackCuda(wheel, deps, WHEELS);
  compileBinding(folder);
  const { version, usesGpu, product } = tryPeer(folder);
  process.stdout.write(
    `${path.basename(folder)} ${version} works with ${path.basename(wheel)}: ` +
      `${usesGpu ? 'it sees a GPU' : 'no GPU, it runs on the processor'}; [1 2]·[3 4]ᵀ = ${product}.\n`,
  );
}

main().catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
