// Named tensors in one safetensors file, read whole.

import { tf, type Tensor } from '@llm/tensor';
import { openSafetensors, writeSafetensors } from '@llm/tensor/io';

/** Writes the tensors; the metadata is what PyTorch's libraries expect to see. */
export async function writeTensors(
  path: string,
  tensors: Iterable<readonly [name: string, tensor: Tensor]>,
): Promise<void> {
  await writeSafetensors(path, new Map(tensors), { metadata: { format: 'pt' } });
}

/** Reads the file and hands its tensors to `use`; they are disposed when it returns or throws. */
export async function withTensors<T>(
  path: string,
  use: (tensors: ReadonlyMap<string, Tensor>) => T | Promise<T>,
): Promise<T> {
  const file = await openSafetensors(path);
  const tensors = new Map<string, Tensor>();
  try {
    for (const name of file.tensors.keys()) tensors.set(name, await file.read(name));
    return await use(tensors);
  } finally {
    tf.dispose([...tensors.values()]);
    await file.close();
  }
}
