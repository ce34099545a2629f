// Prefix tuning (Li and Liang 2021, arXiv 2101.00190): n learned keys and values in every layer, before those of the
// text. With a projection an MLP makes them of n learned vectors while it trains and is dropped when they are saved.

import { Generator, nn, scope, tf, type Tensor } from '@llm/tensor';
import { insertAdapter } from '../adapter/insert-adapter.ts';
import type { AdapterMethod } from '../adapter/method.ts';
import { checkCount, checkFits, prefixConfig } from './prompt-config.ts';
import { promptFromFields, promptToFields, type PromptConfig } from './prompt-config.ts';
import { EncodedPrompt, PromptVectors, type PromptEncoder } from './prompt-part.ts';
import { addPrompt } from './prompt-site.ts';
import type { SoftPrompt } from './promptable.ts';

export interface PrefixTuningOptions {
  /** n. @default 20 */
  readonly numVirtualTokens?: number;
  /** Whether an MLP makes keys and values: steadier for some tasks, at many more parameters while it trains.
   *  @default false */
  readonly prefixProjection?: boolean;
  /** Width of that MLP. @default K·D */
  readonly encoderHiddenSize?: number;
  /** N(0, 1), PEFT's default, or zeros: the least disturbance to begin with, since values then add nothing.
   *  @default 'random' */
  readonly init?: 'random' | 'zero';
  /** Source of the initial values. @default new Generator(0) */
  readonly generator?: Generator;
}

export interface PrefixTuningConfig extends PromptConfig {
  readonly prefixProjection: boolean;
  readonly encoderHiddenSize: number;
  readonly init: 'random' | 'zero';
}

/**
 * Puts learned keys and values before those of every text and freezes all else; see addPromptTuning.
 * @throws AdapterError when the model takes none, the name is taken, or a number is out of range
 */
export function addPrefixTuning(
  model: nn.Module,
  options: PrefixTuningOptions = {},
  name = 'default',
): string[] {
  const { numVirtualTokens = 20, prefixProjection = false, init = 'random' } = options;
  const sizes = prefixConfig(model, numVirtualTokens);
  const { encoderHiddenSize = sizes.tokenDim, generator = new Generator(0) } = options;
  checkCount('encoderHiddenSize', encoderHiddenSize);
  const config = { ...sizes, prefixProjection, encoderHiddenSize, init };
  const info = { method: prefixTuning, config, moduleName: nn.toSnakePath, isTrainable: true };
  return insertAdapter(model, { name, info, generator });
}

export const prefixTuning: AdapterMethod<PrefixTuningConfig> = {
  peftType: 'PREFIX_TUNING',

  toFields: (config) => ({
    ...promptToFields(config),
    prefix_projection: config.prefixProjection,
    encoder_hidden_size: config.encoderHiddenSize,
    init_weights: config.init === 'zero' ? 'zero' : null,
  }),

  fromFields(fields) {
    const init = fields.value('init_weights');
    if (init !== undefined && init !== 'zero') fields.refuse('init_weights', 'null or "zero"');
    const config = promptFromFields(fields);
    return {
      ...config,
      prefixProjection: fields.flag('prefix_projection'),
      encoderHiddenSize: fields.number('encoder_hidden_size', config.tokenDim),
      init: init === 'zero' ? 'zero' : 'random',
    };
  },

  insert(model, { name, info, generator, isFinished = false }) {
    const { config } = info;
    checkFits(config, prefixConfig(model, config.numVirtualTokens));
    const asPrefix = (vectors: Tensor): SoftPrompt => prefixOf(vectors, config);
    const part =
      config.prefixProjection && !isFinished
        ? new EncodedPrompt(info, beginProjected(config, generator), asPrefix)
        : new PromptVectors(info, begin(config, isFinished ? null : generator), asPrefix);
    return [addPrompt(model, name, part)];
  },
};

/** [n, 2·L·K·D] */
function begin(config: PrefixTuningConfig, generator: Generator | null): Tensor {
  const shape = [config.numVirtualTokens, widthOf(config)];
  return config.init === 'zero' || generator === null ? tf.fill(shape, 0) : generator.normal(shape);
}

function beginProjected(config: PrefixTuningConfig, generator: Generator) {
  const embedding = generator.normal([config.numVirtualTokens, config.tokenDim]);
  return { embedding, encoder: new PrefixEncoder(config, generator) };
}

const widthOf = ({ numLayers, tokenDim }: PromptConfig): number => 2 * numLayers * tokenDim;

/** Two linear layers with tanh between them: [n, K·D] → [n, 2·L·K·D]. */
class PrefixEncoder extends nn.Module implements PromptEncoder {
  readonly transform: nn.Linear[];

  constructor(config: PrefixTuningConfig, generator: Generator) {
    super();
    const { tokenDim, encoderHiddenSize: width, init } = config;
    this.transform = [
      new nn.Linear(tokenDim, width, { generator }),
      new nn.Linear(width, widthOf(config), { generator: init === 'zero' ? null : generator }),
    ];
  }

  forward(x: Tensor): Tensor {
    const [first, second] = this.transform;
    return scope(() => second!.forward(tf.tanh(first!.forward(x))));
  }
}

/**
 * [n, 2·L·K·D] → of each layer keys and values [1, n, K, D]: they lie layer by layer, a layer's keys first. Of an
 * encoder–decoder PEFT gives layer i of the decoder those of 2i mod L; an adapter means the same here.
 */
function prefixOf(vectors: Tensor, config: PromptConfig): SoftPrompt {
  const { numVirtualTokens: n, numLayers: L, numAttentionHeads: K, tokenDim } = config;
  const pairs = tf.split(tf.reshape(vectors, [1, n, 2 * L, K, tokenDim / K]), 2 * L, 2);
  const heads = pairs.map((pair) => tf.squeeze(pair, [2])); // 2·L × [1, n, K, D]
  const place = (layer: number) =>
    config.numTransformerSubmodules === 2 ? (2 * layer) % L : layer;
  return {
    layers: Array.from({ length: L }, (_, i) => ({
      keys: heads[2 * place(i)]!,
      values: heads[2 * place(i) + 1]!,
    })),
  };
}
