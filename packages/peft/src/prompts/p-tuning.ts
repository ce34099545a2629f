// P-tuning (Liu et al. 2021, arXiv 2103.10385): prompt tuning whose vectors an MLP, or an LSTM that reads them in both
// directions, makes of learned embeddings while it trains. The network is dropped when the prompt is saved.

import { Generator, nn, scope, tf, type Tensor } from '@llm/tensor';
import { insertAdapter } from '../adapter/insert-adapter.ts';
import type { AdapterMethod } from '../adapter/method.ts';
import { AdapterError } from '../errors.ts';
import { checkCount, checkFits, embeddingConfig } from './prompt-config.ts';
import { promptFromFields, promptToFields, type PromptConfig } from './prompt-config.ts';
import { asEmbeddings, EncodedPrompt, PromptVectors, type PromptEncoder } from './prompt-part.ts';
import { addPrompt } from './prompt-site.ts';

export type PromptEncoderKind = 'mlp' | 'lstm';

export interface PTuningOptions {
  /** n. @default 20 */
  readonly numVirtualTokens?: number;
  /** @default 'mlp' */
  readonly encoder?: PromptEncoderKind;
  /** Width of the network. @default the model's C */
  readonly encoderHiddenSize?: number;
  /** Layers of an LSTM; an MLP has three linear ones. @default 2 */
  readonly encoderNumLayers?: number;
  /** Between the layers of an LSTM, in training. @default 0 */
  readonly encoderDropout?: number;
  /** Source of initial values and of dropout. @default new Generator(0) */
  readonly generator?: Generator;
}

export interface PTuningConfig extends PromptConfig {
  readonly encoder: PromptEncoderKind;
  readonly encoderHiddenSize: number;
  readonly encoderNumLayers: number;
  readonly encoderDropout: number;
}

/**
 * As addPromptTuning, with a network that makes the vectors.
 * @throws AdapterError when the model takes none, the name is taken, or a number is out of range
 */
export function addPTuning(
  model: nn.Module,
  options: PTuningOptions = {},
  name = 'default',
): string[] {
  const { numVirtualTokens = 20, encoder = 'mlp', generator = new Generator(0) } = options;
  const sizes = embeddingConfig(model, numVirtualTokens);
  const { encoderHiddenSize = sizes.tokenDim, encoderNumLayers = 2, encoderDropout = 0 } = options;
  const config = { ...sizes, encoder, encoderHiddenSize, encoderNumLayers, encoderDropout };
  checkEncoder(config);
  const info = { method: pTuning, config, moduleName: nn.toSnakePath, isTrainable: true };
  return insertAdapter(model, { name, info, generator });
}

export const pTuning: AdapterMethod<PTuningConfig> = {
  peftType: 'P_TUNING',

  toFields: (config) => ({
    ...promptToFields(config),
    encoder_reparameterization_type: config.encoder.toUpperCase(),
    encoder_hidden_size: config.encoderHiddenSize,
    encoder_num_layers: config.encoderNumLayers,
    encoder_dropout: config.encoderDropout,
  }),

  fromFields(fields) {
    const kind = fields.text('encoder_reparameterization_type', 'MLP');
    if (kind !== 'MLP' && kind !== 'LSTM')
      fields.refuse('encoder_reparameterization_type', 'MLP or LSTM');
    const config = promptFromFields(fields);
    return checkEncoder({
      ...config,
      encoder: kind === 'MLP' ? 'mlp' : 'lstm',
      encoderHiddenSize: fields.number('encoder_hidden_size', config.tokenDim),
      encoderNumLayers: fields.number('encoder_num_layers', 2),
      encoderDropout: fields.number('encoder_dropout', 0),
    });
  },

  insert(model, { name, info, generator, isFinished = false }) {
    const { config } = info;
    checkFits(config, embeddingConfig(model, config.numVirtualTokens));
    const shape = [config.numVirtualTokens * config.numTransformerSubmodules, config.tokenDim];
    const part = isFinished
      ? new PromptVectors(info, tf.fill(shape, 0), asEmbeddings(config))
      : new EncodedPrompt(info, begin(config, shape, generator), asEmbeddings(config));
    return [addPrompt(model, name, part)];
  },
};

function begin(config: PTuningConfig, shape: number[], generator: Generator) {
  const embedding = generator.normal(shape);
  const Encoder = config.encoder === 'mlp' ? MlpEncoder : LstmEncoder;
  return { embedding, encoder: new Encoder(config, generator) };
}

function checkEncoder(config: PTuningConfig): PTuningConfig {
  checkCount('encoderHiddenSize', config.encoderHiddenSize);
  checkCount('encoderNumLayers', config.encoderNumLayers);
  if (config.encoderDropout >= 0 && config.encoderDropout < 1) return config;
  throw new AdapterError(
    `prompt: encoderDropout: expected a number in [0, 1), got ${config.encoderDropout}. 0 turns it off.`,
  );
}

/** Three linear layers with ReLU between them. */
class MlpEncoder extends nn.Module implements PromptEncoder {
  readonly mlpHead: nn.Linear[];

  constructor({ tokenDim: C, encoderHiddenSize: width }: PTuningConfig, generator: Generator) {
    super();
    const make = (from: number, to: number) => new nn.Linear(from, to, { generator });
    this.mlpHead = [make(C, width), make(width, width), make(width, C)];
  }

  forward(x: Tensor): Tensor {
    return throughRelu(this.mlpHead, x);
  }
}

/** An LSTM in both directions, then two linear layers. */
class LstmEncoder extends nn.Module implements PromptEncoder {
  readonly lstmHead: nn.LSTM;
  readonly mlpHead: nn.Linear[];

  constructor(config: PTuningConfig, generator: Generator) {
    super();
    const { tokenDim: C, encoderHiddenSize: width, encoderNumLayers: numLayers } = config;
    const dropout = config.encoderDropout;
    this.lstmHead = new nn.LSTM(C, width, { numLayers, dropout, isBidirectional: true, generator });
    const make = (from: number, to: number) => new nn.Linear(from, to, { generator });
    this.mlpHead = [make(2 * width, 2 * width), make(2 * width, C)];
  }

  forward(x: Tensor): Tensor {
    return scope(() => {
      const { output } = this.lstmHead.forward(tf.expandDims(x, 0)); // [1, n, 2·width]
      return throughRelu(this.mlpHead, tf.squeeze(output, [0])); // [n, C]
    });
  }
}

const throughRelu = (layers: readonly nn.Linear[], x: Tensor): Tensor =>
  layers.reduce((input, layer, i) => layer.forward(i === 0 ? input : tf.relu(input)), x);
