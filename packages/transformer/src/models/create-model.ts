import { Generator } from '@llm/tensor';
import { completeConfig, type ModelConfig, type ModelConfigInput } from '../config/config.ts';
import type { BuildOptions } from './build.ts';
import type { CausalLm } from './causal-lm.ts';
import { DecoderForCausalLm } from './decoder/model.ts';
import { GptNeoxForCausalLm } from './gpt-neox/model.ts';
import { Gpt2LmHeadModel } from './gpt2/model.ts';
import { LlamaForCausalLm } from './llama/model.ts';

/** Source of the initial weights and of dropout: a seed, or a generator to draw from. */
export type Randomness =
  | { readonly seed: number; readonly generator?: undefined }
  | { readonly generator: Generator; readonly seed?: undefined };

/** A model with random weights as published, in training mode. The caller disposes it.
 *  @example createModel({ modelType: 'gpt2', vocabSize: 512, nEmbd: 64, nLayer: 2, nHead: 2 }, { seed: 1 }) */
export function createModel(config: ModelConfigInput, randomness: Randomness): CausalLm {
  const generator = randomness.generator ?? new Generator(randomness.seed);
  return buildModel(completeConfig(config), { generator });
}

/** The architecture's modules, initialised or blank. */
export function buildModel(config: ModelConfig, build: BuildOptions): CausalLm {
  switch (config.modelType) {
    case 'gpt2':
      return new Gpt2LmHeadModel(config, build);
    case 'llama':
      return new LlamaForCausalLm(config, build);
    case 'gpt_neox':
      return new GptNeoxForCausalLm(config, build);
    default:
      return new DecoderForCausalLm(config, build);
  }
}
