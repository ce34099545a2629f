// For tests: what PEFT gives with the soft prompts of tools/fixtures/peft_prompts.py.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Generator } from '@llm/tensor';
import { nn, tf, type Variable } from '@llm/tensor';
import { openSafetensors } from '@llm/tensor/io';
import { loadModel, type CausalLm, type Seq2SeqLm } from '@llm/transformer';
import {
  addMultitaskPromptTuning,
  addPrefixTuning,
  addPromptTuning,
  addPTuning,
} from '../index.ts';
import type { PromptSite } from '../prompts/prompt-site.ts';

export const fixtures = new URL('../../fixtures/', import.meta.url).pathname;

export interface AdapterOutputs {
  /** Of the text's tokens, [2, 7, 37]. */
  readonly logits: number[];
  readonly greedy: number[][];
  readonly training: { losses: number[]; grads: Record<string, number[]> };
}

export interface PromptOutputs {
  readonly inputIds: number[][];
  readonly attentionMask: number[][];
  readonly labels: number[][];
  readonly tasks: number[];
  readonly prompts: number[][];
  readonly models: Record<string, Record<string, AdapterOutputs>>;
}

export const readOutputs = async (): Promise<PromptOutputs> =>
  JSON.parse(await readFile(join(fixtures, 'prompts', 'outputs.json'), 'utf8')) as PromptOutputs;

/** Adds the adapter as tools/fixtures/peft_prompts.py does. */
export const ADD: Readonly<Record<string, (model: nn.Module, generator?: Generator) => void>> = {
  prompt: (model, generator) =>
    addPromptTuning(model, { numVirtualTokens: 3, init: 'random', generator }),
  vocabulary: (model, generator) => addPromptTuning(model, { numVirtualTokens: 3, generator }),
  'p-tuning-mlp': (model, generator) =>
    addPTuning(model, { numVirtualTokens: 3, encoderHiddenSize: 6, generator }),
  'p-tuning-lstm': (model, generator) =>
    addPTuning(model, { numVirtualTokens: 3, encoderHiddenSize: 5, encoder: 'lstm', generator }),
  prefix: (model, generator) => addPrefixTuning(model, { numVirtualTokens: 3, generator }),
  'prefix-projection': (model, generator) =>
    addPrefixTuning(model, {
      ...{ numVirtualTokens: 3, prefixProjection: true, encoderHiddenSize: 6, generator },
    }),
  multitask: (model, generator) =>
    addMultitaskPromptTuning(model, {
      ...{ numVirtualTokens: 3, numTasks: 3, numRanks: 2, init: 'random', generator },
    }),
};

export const ADAPTERS = Object.keys(ADD);

export const loadBase = async (name: string): Promise<CausalLm> =>
  (await loadModel(join(fixtures, name))).eval();

/** The adapter with the parameters that it had in PEFT before it was saved; by PEFT's names. */
export async function withEncoder(
  model: CausalLm | Seq2SeqLm,
  folder: string,
  adapter: string,
): Promise<Map<string, Variable>> {
  ADD[adapter]!(model);
  const part = (model.softPrompt as PromptSite).adapters.default!;
  const parameters = new Map<string, Variable>();
  for (const [path, parameter] of part.namedParameters()) parameters.set(peftName(path), parameter);
  const file = await openSafetensors(join(folder, 'encoder.safetensors'));
  for (const name of file.tensors.keys())
    nn.assignParameter(parameters.get(name)!, await file.read(name), name);
  await file.close();
  return parameters;
}

/** `encoder.mlpHead.1.weight` → `mlp_head.2.weight`: PyTorch's Sequential counts the activations, too. */
function peftName(path: string): string {
  if (path === 'embedding') return 'embedding.weight';
  return nn
    .toSnakePath(path)
    .replace('encoder.', '')
    .replace(/^(mlp_head|transform)\.(\d)/, (_, name: string, i: string) => `${name}.${2 * +i}`);
}

export const ints = (rows: readonly (readonly number[])[]): tf.Tensor2D =>
  tf.tensor2d(
    rows.map((row) => [...row]),
    undefined,
    'int32',
  );
