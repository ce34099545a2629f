// Writes a model as a Hugging Face folder that Transformers reads back.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { tf, type Tensor } from '@llm/tensor';
import { writeFileAtomic, writeSafetensors } from '@llm/tensor/io';
import { configText } from '../config/config-text.ts';
import { configToJson, type ModelConfig } from '../config/config.ts';
import type { CausalLm } from '../models/causal-lm.ts';
import { layoutOf, type CheckpointLayout } from './layout.ts';

/** Writes config.json, model.safetensors (float32) and generation_config.json into `folder`, which is
 *  made if need be. Each file appears whole or not at all. */
export async function saveModel(model: CausalLm, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeWeights(join(folder, 'model.safetensors'), checkpointEntries(model));
  await writeJson(join(folder, 'generation_config.json'), generationDefaults(model.config));
  await writeFileAtomic(join(folder, 'config.json'), configText(configToJson(model.config)));
}

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
  return Array.from(model.namedParameters(), ([path, parameter]) => ({
    key: plainKey(layout, path),
    parameter,
    isTransposed: layout.isTransposed(path),
  }));
}

function plainKey(layout: CheckpointLayout, path: string): string {
  layout.ggufName(path); // knows the plain model's parameters and throws for any other
  return layout.key(path);
}

/** Writes the entries in Hugging Face's layout. */
export async function writeWeights(path: string, entries: readonly Entry[]): Promise<void> {
  const copies: Tensor[] = [];
  const tensors = new Map<string, Tensor>();
  for (const { key, parameter, isTransposed } of entries) {
    if (isTransposed) copies.push(tf.transpose(parameter));
    tensors.set(key, isTransposed ? copies.at(-1)! : parameter);
  }
  try {
    await writeSafetensors(path, tensors, { metadata: { format: 'pt' } });
  } finally {
    tf.dispose(copies);
  }
}

function generationDefaults(config: ModelConfig): Record<string, unknown> {
  const { bosTokenId, eosTokenId, padTokenId } = config;
  const ids = { bos_token_id: bosTokenId, eos_token_id: eosTokenId, pad_token_id: padTokenId };
  const stated = Object.entries(ids).filter(([, value]) => value !== null);
  return { _from_model_config: true, ...Object.fromEntries(stated) };
}
