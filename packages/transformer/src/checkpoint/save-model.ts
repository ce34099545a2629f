// Writes a model as a Hugging Face folder that Transformers reads back.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { nn, tf, type Tensor } from '@llm/tensor';
import { writeFileAtomic, writeSafetensorsShards } from '@llm/tensor/io';
import type { LazyTensor, TensorEntry } from '@llm/tensor/io';
import { configText } from '../config/config-text.ts';
import { configToJson, type ModelConfig } from '../config/config.ts';
import { CheckpointError } from '../errors.ts';
import type { CausalLm } from '../models/causal-lm.ts';
import { layoutOf, type CheckpointLayout } from './layout.ts';

/** How a folder is written. */
export interface SaveOptions {
  /** What the weights are stored as; F16 and BF16 round to the nearest. @default 'F32' */
  readonly dtype?: 'F32' | 'F16' | 'BF16';
  /** Bytes of weights in a file: beyond, they are cut into shards with an index. @default 5·10⁹ */
  readonly maxShardBytes?: number;
}

/** Writes config.json, model.safetensors (or its shards and their index) and generation_config.json into
 *  `folder`, which is made if need be. Each file appears whole or not at all; weights of another number of
 *  shards that were there are removed. Throws RangeError for a weight that F16 cannot hold. */
export async function saveModel(
  model: CausalLm,
  folder: string,
  options: SaveOptions = {},
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeWeights(folder, checkpointEntries(model), options);
  await writeJson(join(folder, 'generation_config.json'), generationDefaults(model.config));
  const config = { ...configToJson(model.config), dtype: DTYPE_NAMES[options.dtype ?? 'F32'] };
  await writeFileAtomic(join(folder, 'config.json'), configText(config));
}

/** PyTorch's names, for config.json. */
const DTYPE_NAMES = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' } as const;

export const writeJson = (path: string, value: unknown): Promise<void> =>
  writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`);

/** A parameter (or buffer) and how it is stored. */
export interface Entry {
  readonly key: string;
  readonly parameter: Tensor;
  readonly isTransposed: boolean;
}

/** Checkpoint keys and parameters of the whole model. Throws CheckpointError if it has adapters. */
export function checkpointEntries(model: CausalLm): Entry[] {
  const layout = layoutOf(model.config);
  expectFloatWeights('saveModel', model);
  return Array.from(model.namedParameters(), ([path, parameter]) => ({
    key: plainKey(layout, path),
    parameter,
    isTransposed: layout.isTransposed(path),
  }));
}

/** @throws CheckpointError for weights that are kept in blocks */
export function expectFloatWeights(op: string, model: CausalLm): void {
  for (const [path, module] of model.namedModules()) {
    if (!(module instanceof nn.QuantizedLinear || module instanceof nn.QuantizedEmbedding))
      continue;
    throw new CheckpointError(
      `${op}: ${path}: expected float32 weights, got ${module.weight.type}. Load the model with weights: 'float32'.`,
    );
  }
}

function plainKey(layout: CheckpointLayout, path: string): string {
  layout.ggufName(path); // knows the plain model's parameters and throws for any other
  return layout.key(path);
}

/** Writes the entries in Hugging Face's layout, as model.safetensors or shards of it. */
export async function writeWeights(
  folder: string,
  entries: readonly Entry[],
  { dtype = 'F32', maxShardBytes }: SaveOptions = {},
): Promise<void> {
  const tensors = entries.map(({ key, parameter, isTransposed }): TensorEntry => {
    return [key, isTransposed ? transposedLater(parameter) : parameter];
  });
  const limit = maxShardBytes === undefined ? {} : { maxShardBytes };
  await writeSafetensorsShards(folder, tensors, { dtype, ...limit });
}

/** One at a time is in memory. */
function transposedLater(parameter: Tensor): LazyTensor {
  return {
    shape: [...parameter.shape].reverse(),
    dtype: parameter.dtype,
    make: () => tf.transpose(parameter),
  };
}

function generationDefaults(config: ModelConfig): Record<string, unknown> {
  const { bosTokenId, eosTokenId, padTokenId } = config;
  const ids = { bos_token_id: bosTokenId, eos_token_id: eosTokenId, pad_token_id: padTokenId };
  const stated = Object.entries(ids).filter(([, value]) => value !== null);
  return { _from_model_config: true, ...Object.fromEntries(stated) };
}
