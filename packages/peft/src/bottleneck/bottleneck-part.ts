// One bottleneck network at one block: y = h + s·up(f(down(u))), where h is the block's output and u is h, h plus the
// residual, or the residual alone.

import { gelu, nn, silu, tf, type Generator, type Tensor, type Variable } from '@llm/tensor';
import { LayerPart, type ParameterValues } from '../adapter/layer-part.ts';
import type { AdapterInfo } from '../adapter/method.ts';
import { AdapterError } from '../errors.ts';
import type { BottleneckConfig, BottleneckInit, NonLinearity } from './bottleneck-config.ts';
import type { Place } from './blocks.ts';
import type { ResidualTap } from './residual-tap.ts';

export interface BottleneckPartOptions {
  readonly name: string;
  readonly place: Place;
  readonly info: AdapterInfo<BottleneckConfig>;
  readonly generator: Generator;
  /** Where the residual is read; needed unless the network reads the block's output alone. */
  readonly tap?: ResidualTap | undefined;
}

export class BottleneckPart extends LayerPart {
  readonly down: nn.Linear; // [C/reduction, C]
  readonly up: nn.Linear; // [C, C/reduction]
  /** Learned: [1] or [C]. */
  readonly scale: Variable | undefined;
  readonly dropout: nn.Dropout;
  readonly info: AdapterInfo<BottleneckConfig>;
  readonly #options: BottleneckPartOptions;

  constructor([C, inner]: readonly [number, number], options: BottleneckPartOptions) {
    super();
    const { info, generator } = options;
    const { scaling, dropout, init } = info.config;
    this.info = info;
    this.#options = options;
    this.down = new nn.Linear(C, inner, { generator });
    this.up = new nn.Linear(inner, C, { generator });
    start(this.down, this.up, init, generator);
    this.dropout = new nn.Dropout(dropout, { generator });
    if (scaling === 'learned') this.scale = nn.parameter(tf.ones([1]));
    if (scaling === 'channel') this.scale = nn.parameter(tf.ones([C]));
  }

  forward(x: Tensor, base: (x: Tensor) => Tensor): Tensor {
    const { isParallel, readsSum, nonLinearity, scaling } = this.info.config;
    const residual = this.#options.tap?.take();
    const h = base(x);
    const input = isParallel ? residual! : readsSum ? tf.add(h, residual!) : h;
    const inner = activated(this.down.forward(input), nonLinearity);
    const scaled = tf.mul(this.up.forward(inner), this.scale ?? (scaling as number));
    return tf.add(h, this.dropout.forward(scaled));
  }

  mergedValues(): ParameterValues {
    throw new AdapterError(
      'mergeAdapter: name: expected an adapter that adds to weights, got a bottleneck, which has a non-linearity. ' +
        'Keep it as an adapter.',
    );
  }

  unmergedValues(): ParameterValues {
    return this.mergedValues();
  }

  entries(moduleName: string): [string, Variable][] {
    const { name, place } = this.#options;
    const layer = moduleName.slice(0, moduleName.lastIndexOf('.'));
    const stem = `${layer}.${place}.adapters.${name}`;
    const { down, up, scale } = this;
    return [
      [`${stem}.adapter_down.0.weight`, down.weight],
      [`${stem}.adapter_down.0.bias`, down.bias!],
      [`${stem}.adapter_up.weight`, up.weight],
      [`${stem}.adapter_up.bias`, up.bias!],
      ...(scale ? [[`${stem}.scaling`, scale] as [string, Variable]] : []),
    ];
  }
}

function activated(x: Tensor, by: NonLinearity): Tensor {
  if (by === 'relu') return tf.relu(x);
  if (by === 'tanh') return tf.tanh(x);
  if (by === 'leakyrelu') return tf.leakyRelu(x, 0.01);
  if (by === 'gelu') return gelu(x);
  if (by === 'gelu_new') return gelu(x, 'tanh');
  return silu(x);
}

function start(down: nn.Linear, up: nn.Linear, init: BottleneckInit, generator: Generator): void {
  for (const { bias } of [down, up]) nn.assignParameter(bias!, tf.zerosLike(bias!), 'bias');
  if (init === 'mam_adapter') {
    nn.assignParameter(up.weight, tf.zerosLike(up.weight), 'up');
    return; // down begins uniform within ±1/√C by itself
  }
  for (const { weight } of [down, up]) {
    const values =
      init === 'bert'
        ? generator.normal(weight.shape, 0, 0.02)
        : generator.truncatedNormal(weight.shape, 0, 0.01);
    nn.assignParameter(weight, values, 'weight');
  }
}
