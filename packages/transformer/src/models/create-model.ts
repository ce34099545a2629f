import { Generator } from '@llm/tensor';
import { completeConfig, type ModelConfig, type ModelConfigInput } from '../config/config.ts';
import type { BuildOptions } from './build.ts';
import type { CausalLm } from './causal-lm.ts';
import type { DecoderConfig } from './decoder/config.ts';
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
export function createModel(
  config: ModelConfigInput | ModelConfig,
  randomness: Randomness,
): CausalLm {
  const generator = randomness.generator ?? new Generator(randomness.seed);
  return buildModel(isComplete(config) ? config : completeConfig(config), { generator });
}

/** A decoder's configuration as parseConfig gave it: its traits are already derived from `source`. */
function isComplete(config: ModelConfigInput | ModelConfig): config is DecoderConfig {
  return 'source' in config;
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
