// The fields that all soft prompts share: how many vectors, and the sizes of the model they are for.

import type { nn } from '@llm/tensor';
import { AdapterError } from '../errors.ts';
import type { ConfigFields } from '../format/config-fields.ts';
import { findPromptable, type PromptShape } from './promptable.ts';

export interface PromptConfig {
  /** n */
  readonly numVirtualTokens: number;
  /** Numbers of a vector: C; of a prefix K·D, for each key and each value. */
  readonly tokenDim: number;
  /** H; of a prefix K. */
  readonly numAttentionHeads: number;
  readonly numLayers: number;
  /** PEFT's name of what the model is for. */
  readonly taskType: string;
  /** 2 for an encoder–decoder: PEFT keeps n embeddings for each side, and uses those of the encoder. */
  readonly numTransformerSubmodules: number;
}

const isEncoderDecoder = (taskType: string): boolean => taskType === 'SEQ_2_SEQ_LM';

/** Of a model's word embeddings. */
export function embeddingConfig(model: nn.Module, numVirtualTokens: number): PromptConfig {
  const { hiddenSize, numAttentionHeads, numLayers, taskType } = shapeOf(model);
  const sizes = { tokenDim: hiddenSize, numAttentionHeads, numLayers };
  return configOf(numVirtualTokens, taskType, sizes);
}

/** Of a model's keys and values. */
export function prefixConfig(model: nn.Module, numVirtualTokens: number): PromptConfig {
  const { headDim, numKeyValueHeads: K, numLayers, taskType } = shapeOf(model);
  const sizes = { tokenDim: K * headDim, numAttentionHeads: K, numLayers };
  return configOf(numVirtualTokens, taskType, sizes);
}

function configOf(
  numVirtualTokens: number,
  taskType: string,
  sizes: Pick<PromptConfig, 'tokenDim' | 'numAttentionHeads' | 'numLayers'>,
): PromptConfig {
  const numTransformerSubmodules = isEncoderDecoder(taskType) ? 2 : 1;
  return checkPromptConfig({ numVirtualTokens, taskType, ...sizes, numTransformerSubmodules });
}

export const shapeOf = (model: nn.Module): PromptShape => findPromptable(model)[1].promptShape;

const SIZES = ['tokenDim', 'numAttentionHeads', 'numLayers', 'numTransformerSubmodules'] as const;

/** @throws AdapterError when the sizes that a file states are not those of the model */
export function checkFits(config: PromptConfig, ofModel: PromptConfig): void {
  for (const key of SIZES) {
    if (config[key] === ofModel[key]) continue;
    throw new AdapterError(
      `prompt: ${key}: expected ${ofModel[key]}, the model's, got ${config[key]}. Is it an adapter of this model?`,
    );
  }
}

export function checkPromptConfig<Config extends PromptConfig>(config: Config): Config {
  checkCount('numVirtualTokens', config.numVirtualTokens);
  return config;
}

/** @throws AdapterError unless the number is a positive integer */
export function checkCount(name: string, value: number): void {
  if (Number.isInteger(value) && value > 0) return;
  throw new AdapterError(`prompt: ${name}: expected a positive integer, got ${value}. Try 20.`);
}

export function promptToFields(config: PromptConfig): Record<string, unknown> {
  return {
    modules_to_save: null,
    task_type: config.taskType,
    num_virtual_tokens: config.numVirtualTokens,
    token_dim: config.tokenDim,
    num_attention_heads: config.numAttentionHeads,
    num_layers: config.numLayers,
    num_transformer_submodules: config.numTransformerSubmodules,
  };
}

export function promptFromFields(fields: ConfigFields): PromptConfig {
  fields.refuseUnless({ modules_to_save: null });
  const taskType = fields.text('task_type', 'CAUSAL_LM');
  return checkPromptConfig({
    numVirtualTokens: fields.number('num_virtual_tokens'),
    tokenDim: fields.number('token_dim'),
    numAttentionHeads: fields.number('num_attention_heads'),
    numLayers: fields.number('num_layers'),
    taskType,
    numTransformerSubmodules: fields.number(
      'num_transformer_submodules',
      isEncoderDecoder(taskType) ? 2 : 1,
    ),
  });
}
