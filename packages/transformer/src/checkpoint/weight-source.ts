// Where parameters come from: safetensors files (one, or shards with an index) or a GGUF file, read
// one tensor at a time.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openSafetensors, type GgufFile, type SafetensorsFile } from '@llm/tensor/io';
import type { Tensor } from '@llm/tensor';
import { CheckpointError } from '../errors.ts';
import { isAbsent, whenAbsent } from './when-absent.ts';

export interface WeightSource {
  /** For messages. */
  readonly path: string;
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** float32; the caller owns it. */
  readonly read: (name: string) => Promise<Tensor>;
  readonly close: () => Promise<void>;
}

/** The weights of a Hugging Face folder: model.safetensors, or the shards that its index names. */
export async function openFolderWeights(folder: string): Promise<WeightSource> {
  const files = await weightFiles(folder);
  const opened: SafetensorsFile[] = [];
  const close = async (): Promise<void> => {
    for (const file of opened) await file.close();
  };
  try {
    for (const file of files) {
      const path = join(folder, file);
      opened.push(await openSafetensors(path).catch(whenAbsent(path, 'the weights')));
    }
    return { path: folder, ...mergeFiles(opened), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function mergeFiles(opened: readonly SafetensorsFile[]): Pick<WeightSource, 'shapes' | 'read'> {
  const owners = new Map<string, SafetensorsFile>();
  const shapes = new Map<string, readonly number[]>();
  for (const file of opened) {
    for (const [name, { shape }] of file.tensors) {
      if (owners.has(name)) {
        throw new CheckpointError(
          `loadModel: ${name}: expected in one shard, got it in two. Remove files of other models.`,
        );
      }
      owners.set(name, file);
      shapes.set(name, shape);
    }
  }
  return { shapes, read: (name) => owners.get(name)!.read(name) };
}

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';

async function weightFiles(folder: string): Promise<string[]> {
  const index = await readFile(join(folder, INDEX), 'utf8').catch((error: unknown) => {
    if (isAbsent(error)) return null;
    throw error;
  });
  if (index === null) return [SINGLE];
  const parsed = parseIndex(index);
  const map =
    typeof parsed === 'object' && parsed !== null && 'weight_map' in parsed && parsed.weight_map;
  if (typeof map !== 'object' || map === null) {
    throw new CheckpointError(
      `loadModel: ${INDEX}: expected weight_map, got none. Download the file again.`,
    );
  }
  return [...new Set(Object.values(map).map((file) => shardName(file)))];
}

function parseIndex(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CheckpointError(`loadModel: ${INDEX}: expected JSON. Download the file again.`);
  }
}

/** A shard lies beside its index: a name, never a path. */
function shardName(file: unknown): string {
  if (typeof file === 'string' && /^[\w.-]+\.safetensors$/.test(file)) return file;
  throw new CheckpointError(
    `loadModel: ${INDEX}: expected names of safetensors files, got ${JSON.stringify(file)}. Download the file again.`,
  );
}

/** The weights of a GGUF file, dequantised as they are read. */
export function ggufWeights(path: string, gguf: GgufFile): WeightSource {
  const shapes = new Map(Array.from(gguf.tensors, ([name, { shape }]) => [name, shape]));
  return { path, shapes, read: (name) => gguf.dequantize(name), close: () => gguf.close() };
}
