// LoRA of a convolution: A is one with the same taps and R outputs, B one of single taps from R to O.

import { nn, stopGradient, tf, type Generator, type Tensor, type Variable } from '@llm/tensor';
import type { Layer } from '../adapter/layer-part.ts';
import { AdapterError } from '../errors.ts';
import type { Convolution } from '../targets/match-targets.ts';
import { rowNorms } from './dora.ts';
import type { LoraInit } from './lora-config.ts';
import { takesFromWeight } from './lora-config.ts';
import { LoraPart, type LoraPartOptions } from './lora-part.ts';

export class LoraConv extends LoraPart {
  readonly down: Convolution;
  readonly up: Convolution;
  readonly magnitude: Variable | undefined; // [1, O, 1, ..], as PEFT stores it
  /** ‖W_o‖², [O], with DoRA. */
  readonly squares: Tensor | undefined;

  constructor(layer: Convolution, options: LoraPartOptions) {
    super(layer, options);
    const { generator, info } = options;
    if (layer.groups > 1) {
      throw new AdapterError(
        `lora: targetModules: expected convolutions of one group, got one of ${layer.groups}. Exclude it.`,
      );
    }
    [this.down, this.up] = convolutions(layer, this.rank, generator);
    startConvolutions(this.down, this.up, { init: info.config.init, rank: this.rank, generator });
    if (info.config.useDora) {
      this.squares = tf.keep(tf.tidy(() => tf.sum(tf.square(rows(layer.weight)), 1)));
      const shape = layer.weight.shape.map((_, axis) => (axis === 1 ? layer.outChannels : 1));
      this.magnitude = nn.parameter(tf.tidy(() => tf.reshape(this.norms(layer), shape)));
    }
  }

  get loraA(): Variable {
    return this.down.weight; // [R, I, taps..]
  }

  get loraB(): Variable {
    return this.up.weight; // [O, R, 1..]
  }

  protected readonly matrixKeys = ['lora_A.weight', 'lora_B.weight'] as const;

  protected product(x: Tensor): Tensor {
    return this.up.forward(tf.mul(this.down.forward(x), this.scaling));
  }

  delta(): Tensor {
    const shape = [this.loraB.shape[0]!, ...this.loraA.shape.slice(1)];
    return tf.tidy(() => {
      const product = tf.matMul(rows(this.loraB), rows(this.loraA)); // [O, I·taps]
      return tf.reshape(tf.mul(product, this.scaling), shape);
    });
  }

  protected norms(layer: Layer): Tensor {
    const a = rows(stopGradient(this.loraA));
    const b = rows(stopGradient(this.loraB));
    const cross = tf.matMul(a, rows((layer as Convolution).weight), false, true); // [R, O]
    return rowNorms({ squares: this.squares!, cross, a, b, scaling: this.scaling });
  }

  protected alongWeight(factors: Tensor): Tensor {
    return tf.reshape(factors, [-1, ...this.loraA.shape.slice(1).map(() => 1)]); // [O, 1, 1..]
  }
}

/** [O, ..] → [O, product of the rest] */
function rows(weight: Tensor): Tensor {
  return tf.reshape(weight, [weight.shape[0]!, -1]);
}

function convolutions(
  layer: Convolution,
  rank: number,
  generator: Generator,
): [down: Convolution, up: Convolution] {
  const { inChannels, outChannels, stride, padding, dilation } = layer;
  const shared = { hasBias: false, generator };
  if (layer instanceof nn.Conv2d) {
    const taps = layer.weight.shape.slice(2) as [number, number];
    return [
      new nn.Conv2d(inChannels, rank, taps, { ...shared, stride, padding, dilation }),
      new nn.Conv2d(rank, outChannels, 1, shared),
    ];
  }
  const last = {
    stride: stride[1],
    padding: typeof padding === 'string' ? padding : padding[1],
    dilation: dilation[1],
  };
  const taps = layer.weight.shape[2] as number;
  return [
    new nn.Conv1d(inChannels, rank, taps, { ...shared, ...last }),
    new nn.Conv1d(rank, outChannels, 1, shared),
  ];
}

/** The convolutions begin as PyTorch's, uniform within ±1/√(inputs · taps). */
function startConvolutions(
  down: Convolution,
  up: Convolution,
  { init, rank, generator }: { init: LoraInit; rank: number; generator: Generator },
): void {
  if (takesFromWeight(init) || init === 'orthogonal') {
    throw new AdapterError(
      `lora: init: expected true, false or 'gaussian' for convolutions, got '${init}'. Exclude them.`,
    );
  }
  if (init === 'gaussian') {
    const values = generator.normal(down.weight.shape, 0, 1 / rank);
    nn.assignParameter(down.weight, values, 'loraA');
  }
  if (init !== false) nn.assignParameter(up.weight, tf.zerosLike(up.weight), 'loraB');
}
