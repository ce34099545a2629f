// Where parameters come from: safetensors files (one, or shards with an index) or a GGUF file, read
// one tensor at a time.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openSafetensors, type GgufFile } from '@llm/tensor/io';
import { tf, type Tensor } from '@llm/tensor';
import { isAbsent, whenAbsent } from './when-absent.ts';

export interface WeightSource {
  /** For messages. */
  readonly path: string;
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** float32; the caller owns it. */
  readonly read: (name: string) => Promise<Tensor>;
  /** GGUF's name of a tensor's type. */
  readonly typeOf?: (name: string) => string;
  /** A tensor's blocks as they lie in the file, [bytes] of dtype bool; the caller owns it. */
  readonly readBlocks?: (name: string) => Promise<Tensor>;
  readonly close: () => Promise<void>;
}

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';

/** The weights of a Hugging Face folder: model.safetensors, or the shards that its index names. They are
 *  parts of the mapped files where the backend can map and nothing needs converting. */
export async function openFolderWeights(folder: string): Promise<WeightSource> {
  const isSharded = !(await isThere(join(folder, SINGLE))) && (await isThere(join(folder, INDEX)));
  const path = join(folder, isSharded ? INDEX : SINGLE);
  const file = await openSafetensors(path).catch(whenAbsent(path, 'the weights'));
  const shapes = new Map(Array.from(file.tensors, ([name, { shape }]) => [name, shape]));
  return { path: folder, shapes, read: (name) => file.read(name), close: () => file.close() };
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    (error: unknown) => {
      if (isAbsent(error)) return false;
      throw error;
    },
  );

/** The weights of a GGUF file, dequantised as they are read, or as they lie there.
 *  @param isKept whether float32 tensors stay parts of the mapped file; a model that repacks its matrices
 *    lets go of the whole file instead, and copies its few float32 numbers */
export function ggufWeights(path: string, gguf: GgufFile, isKept = true): WeightSource {
  const shapes = new Map(Array.from(gguf.tensors, ([name, { shape }]) => [name, shape]));
  return {
    path,
    shapes,
    read: async (name) => {
      const tensor = await gguf.dequantize(name);
      return isKept || gguf.tensors.get(name)?.type !== 'F32' ? tensor : ownCopy(tensor);
    },
    typeOf: (name) => gguf.tensors.get(name)?.type ?? 'F32',
    readBlocks: (name) => gguf.blocks(name),
    close: () => gguf.close(),
  };
}

/** The same values in memory of their own; takes the tensor over. */
function ownCopy(tensor: Tensor): Tensor {
  const copy = tf.tensor(tensor.dataSync<'float32'>(), tensor.shape, 'float32');
  tensor.dispose();
  return copy;
}
