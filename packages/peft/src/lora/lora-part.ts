// LoRA beside one layer (Hu et al. 2021, arXiv 2106.09685): y = base(x) + s·B(A(dropout(x))), with small A and B. What
// A and B are depends on the layer: see lora-linear.ts, lora-embedding.ts and lora-conv.ts. Here is what they share.

import { nn, stopGradient, tf, type Generator, type Tensor, type Variable } from '@llm/tensor';
import { added, LayerPart, type Layer, type ParameterValues } from '../adapter/layer-part.ts';
import type { AdapterInfo } from '../adapter/method.ts';
import { AdapterError } from '../errors.ts';
import { layerKey } from '../format/keys.ts';
import { TrainedBias } from '../modules/bias-part.ts';
import { floatWeight } from './float-weight.ts';
import { takesFromWeight, type LayerSettings, type LoraConfig } from './lora-config.ts';

export interface LoraPartOptions {
  readonly settings: LayerSettings;
  readonly info: AdapterInfo<LoraConfig>;
  readonly generator: Generator;
}

export abstract class LoraPart extends LayerPart {
  abstract readonly loraA: Variable;
  abstract readonly loraB: Variable;
  /** Lengths of the weight's rows, with DoRA. */
  abstract readonly magnitude: Variable | undefined;
  /** B's own bias, [O]. */
  readonly loraBias?: Variable;
  /** The layer's bias as this adapter trains it, [O]; the layer's own stays what it was. */
  readonly trainedBias?: TrainedBias;
  readonly dropout: nn.Dropout;
  readonly info: AdapterInfo<LoraConfig>;
  readonly rank: number;
  /** s; see setAdapterScale. */
  scaling: number;
  /** s as the configuration says. */
  readonly initialScaling: number;
  /** DoRA's factors of the weight's rows, while merged. */
  mergedFactors: Tensor | undefined;

  constructor(layer: Layer, { settings, info, generator }: LoraPartOptions) {
    super();
    this.info = info;
    this.rank = settings.rank;
    this.scaling = this.initialScaling = settings.scaling;
    this.dropout = new nn.Dropout(info.config.dropout, { generator });
    const [outputs = 0] = layer.weight?.shape ?? [];
    if (info.config.loraBias) this.loraBias = nn.parameter(tf.zeros([outputs]));
    if (info.config.bias !== 'none' && layer.bias) {
      this.trainedBias = new TrainedBias(layer.bias);
    }
  }

  /** s·B(A(x)) */
  protected abstract product(x: Tensor): Tensor;

  /** The input that the adapter sees. */
  protected dropped(x: Tensor): Tensor {
    return this.dropout.forward(x);
  }

  /** What merging adds to the weight without DoRA: s·B·A in the weight's shape; the caller owns it. */
  abstract delta(): Tensor;

  /** A as rows, [R, N]. */
  rowsOfA(): Tensor {
    return tf.reshape(this.loraA, [this.rank, -1]);
  }

  /** B as rows, [O, R]. */
  rowsOfB(): Tensor {
    return tf.reshape(this.loraB, [-1, this.rank]);
  }

  /** s·B·A as rows, [O, N]. */
  rowsOfDelta(): Tensor {
    return tf.mul(tf.matMul(this.rowsOfB(), this.rowsOfA()), this.scaling);
  }

  /** Whether A and B began as a part of the weight (PiSSA, OLoRA). */
  get isTakenFromWeight(): boolean {
    return takesFromWeight(this.info.config.init);
  }

  /** ‖W + s·B·A‖ for each output, [O], outside the gradient. */
  protected abstract norms(layer: Layer): Tensor;

  /** Factors of the outputs, [O], in a shape that multiplies the weight. */
  protected abstract alongWeight(factors: Tensor): Tensor;

  forward(x: Tensor, base: (x: Tensor) => Tensor, layer: Layer): Tensor {
    const y = this.magnitude ? this.#rescaled(x, base, layer) : this.#summed(x, base);
    const shift = this.#biasChange();
    return shift ? tf.add(y, shift) : y;
  }

  #summed(x: Tensor, base: (x: Tensor) => Tensor): Tensor {
    return tf.add(base(x), this.product(this.dropped(x)));
  }

  /** base(x) + (f − 1)·W·x′ + f·s·B·A·x′ with f = m / ‖W + s·B·A‖ and x′ = dropout(x). */
  #rescaled(x: Tensor, base: (x: Tensor) => Tensor, layer: Layer): Tensor {
    const factors = this.#factors(layer);
    const input = this.dropped(x);
    const y = base(x);
    const seen = input === x ? y : base(input);
    const linearPart = layer.bias ? tf.sub(seen, layer.bias) : seen;
    const changed = tf.mul(factors, tf.add(linearPart, this.product(input)));
    return tf.add(changed, tf.sub(y, linearPart));
  }

  /** m / ‖W + s·B·A‖, [O] */
  #factors(layer: Layer): Tensor {
    return tf.div(tf.reshape(this.magnitude!, [-1]), stopGradient(this.norms(layer)));
  }

  mergedValues(layer: Layer, path: string): ParameterValues {
    const weight = floatWeight(layer, path);
    const shift = this.#biasChange();
    if (shift && !layer.bias) {
      shift.dispose();
      throw new AdapterError(
        `mergeAdapter: ${path}: expected a bias to add the adapter's to, got a layer without one. ` +
          'Keep this adapter as it is, or train it without loraBias.',
      );
    }
    const bias = shift && layer.bias ? added([[layer.bias, shift]]) : [];
    return [[weight, this.#mergedWeight(weight, layer)], ...bias];
  }

  #mergedWeight(weight: Variable, layer: Layer): Tensor {
    return tf.tidy(() => {
      const sum = tf.add(weight, this.delta());
      return this.magnitude ? tf.mul(this.alongWeight(this.#factors(layer)), sum) : sum;
    });
  }

  override beforeMerge(layer: Layer): void {
    if (this.magnitude) this.mergedFactors = tf.keep(tf.tidy(() => this.#factors(layer)));
  }

  unmergedValues(layer: Layer): ParameterValues {
    const weight = floatWeight(layer, 'weight');
    const factors = this.mergedFactors;
    const restored = tf.tidy(() => {
      const sum = factors ? tf.div(weight, this.alongWeight(factors)) : weight;
      return tf.sub(sum, this.delta());
    });
    const shift = this.#biasChange();
    return [[weight, restored], ...(shift ? added([[layer.bias!, shift]], -1) : [])];
  }

  override afterUnmerge(): void {
    this.mergedFactors?.dispose();
    this.mergedFactors = undefined;
  }

  override get mergesAlone(): boolean {
    return this.magnitude !== undefined;
  }

  /** What the adapter adds to the layer's bias: the training of the bias itself and s·b. */
  #biasChange(): Tensor | undefined {
    const { trainedBias, loraBias } = this;
    if (!loraBias) return trainedBias?.change();
    return tf.tidy(() => {
      const scaled = tf.mul(loraBias, this.scaling);
      return trainedBias ? tf.add(trainedBias.change(), scaled) : scaled;
    });
  }

  /** Keys in the file: PEFT calls the matrices of embeddings otherwise. */
  protected abstract get matrixKeys(): readonly [a: string, b: string];

  entries(moduleName: string): [string, Variable][] {
    const [a, b] = this.matrixKeys;
    const { loraA, loraB, loraBias, magnitude, trainedBias } = this;
    const all: [string, Variable | undefined][] = [
      [a, loraA],
      [b, loraB],
      ['lora_B.bias', loraBias],
      ['lora_magnitude_vector', magnitude],
      ['base_layer.bias', trainedBias?.value],
    ];
    return all.flatMap(([key, value]) => (value ? [[layerKey(moduleName, key), value]] : []));
  }
}
