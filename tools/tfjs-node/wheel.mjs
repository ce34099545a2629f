// TensorFlow's C library, out of its Python wheel: nobody publishes a current one on its own.
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { downloadWheel } from './pip.mjs';
import { readZipText, unpackZip } from './zip.mjs';

const TENSORFLOW = '2.21.0';

/** The wheel's file: `kind` itself if it is one, else downloaded to `folder` unless it is there. */
export function fetchTensorFlow(kind, folder) {
  if (kind === 'cpu' || kind === 'gpu') {
    // On arm64 one wheel serves both: it has no CUDA.
    const name = kind === 'cpu' && process.arch === 'x64' ? 'tensorflow-cpu' : 'tensorflow';
    return downloadWheel(`${name}==${TENSORFLOW}`, folder);
  }
  if (existsSync(kind)) return path.resolve(kind);
  throw new Error(
    `tfjs-node: --tensorflow: expected cpu, gpu or a wheel's file, got ${kind}. Check the path.`,
  );
}

/** Where an entry of the wheel goes below `deps`, or undefined if the binding has no use for it. */
function placeOf(entry) {
  const [, header] = /^tensorflow\/include\/(.+\.(?:h|inc))$/.exec(entry) ?? [];
  if (header !== undefined) return path.join('include', header);
  const [, library] = /^tensorflow\/(libtensorflow_(?:cc|framework)\.so\.2)$/.exec(entry) ?? [];
  return library === undefined ? undefined : path.join('lib', library);
}

/** Unpacks headers and libraries into `deps`; does nothing if they are there from the same wheel. */
export async function unpackTensorFlow(wheel, deps) {
  const stamp = path.join(deps, 'wheel.txt');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === path.basename(wheel)) return;
  const partial = `${deps}.partial`;
  for (const folder of [deps, partial]) rmSync(folder, { recursive: true, force: true });
  await unpackZip(wheel, partial, placeOf);
  if (!existsSync(path.join(partial, 'lib', 'libtensorflow_cc.so.2'))) {
    throw new Error(
      `tfjs-node: ${wheel}: expected a TensorFlow wheel for Linux with libtensorflow_cc.so.2, found none in it. Check the file.`,
    );
  }
  writeFileSync(path.join(partial, 'wheel.txt'), path.basename(wheel));
  renameSync(partial, deps); // whole or not at all
}

/**
 * NVIDIA's libraries, of the versions that the wheel names, into deps/nvidia, where the wheel's
 * library looks for them. Some 4 GB once unpacked, under NVIDIA's own licence.
 */
export async function unpackCuda(wheel, deps, folder) {
  const metadata = await readZipText(wheel, /\.dist-info\/METADATA$/);
  const requirements = metadata.matchAll(/^Requires-Dist: (nvidia-[^;]+);.*and-cuda/gm);
  for (const [, requirement] of requirements) {
    const file = downloadWheel(requirement.trim(), folder);
    await unpackZip(file, deps, (entry) => (/^nvidia\/.+[^/]$/.test(entry) ? entry : undefined));
  }
}
