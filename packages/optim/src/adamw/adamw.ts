// AdamW (Loshchilov & Hutter 2019, Decoupled Weight Decay Regularization, algorithm 2), in the form and with the
// numbers of torch.optim.AdamW:
//   p ← p − lr·λ·p;   µ ← b1·µ + (1−b1)·g;   ν ← b2·ν + (1−b2)·g²
//   p ← p − lr · (µ / (1−b1^t)) / (√(ν / (1−b2^t)) + eps)
// Decay applies to parameters of rank ≥ 2 only (matrices, embeddings), not to biases and norms.

import { adamWStep, nn, tf, type Tensor, type Variable } from '@llm/tensor';
import { CheckpointError, ConfigError } from '../errors.ts';
import {
  trainableOf,
  type NamedParameters,
  type Optimizer,
  type StepOptions,
} from '../optimizer.ts';

export interface AdamWOptions {
  /** Used where `step` is not given a rate of its own. */
  readonly learningRate: number;
  /** Decay of the first moment, [0, 1). @default 0.9 */
  readonly b1?: number;
  /** Decay of the second moment, [0, 1). @default 0.999 */
  readonly b2?: number;
  /** Added to the root of the second moment. @default 1e-8 */
  readonly eps?: number;
  /** Decoupled decay λ, relative to the learning rate. @default 0.01 */
  readonly weightDecay?: number;
  /** Which parameters decay. @default those of rank ≥ 2 */
  readonly decay?: (path: string, parameter: Variable) => boolean;
}

/** An AdamW optimizer; call `init` with a model or hand it to `train`, which does. */
export function adamw(options: AdamWOptions): AdamW {
  return new AdamW(options);
}

/** First moments `mu`, second moments `nu`: one of each for every trainable parameter. */
export class AdamW implements Optimizer {
  readonly options: Required<AdamWOptions>;
  parameters: readonly Variable[] = [];
  count = 0;
  #paths: readonly string[] = [];
  #mu: Variable[] = [];
  #nu: Variable[] = [];
  #weightDecay: number[] = [];

  constructor(options: AdamWOptions) {
    this.options = withDefaults(options);
  }

  get learningRate(): number {
    return this.options.learningRate;
  }

  init(model: nn.Module | NamedParameters): void {
    if (this.parameters.length > 0) {
      throw new ConfigError(
        'adamw: init: expected to be called once. Make an optimizer per model.',
      );
    }
    const named = trainableOf(model);
    if (named.length === 0) {
      throw new ConfigError(
        'adamw: init: expected at least one trainable parameter, got none. Is the whole model frozen?',
      );
    }
    this.parameters = named.map(([, parameter]) => parameter);
    this.#paths = named.map(([path]) => path);
    const { decay, weightDecay } = this.options;
    this.#weightDecay = named.map((entry) => (decay(...entry) ? weightDecay : 0));
    this.#mu = this.parameters.map(zerosLike);
    this.#nu = this.parameters.map(zerosLike);
  }

  step(grads: readonly Tensor[], options: StepOptions = {}): void {
    const { learningRate = this.options.learningRate, gradScale = 1 } = options;
    this.#checkGrads(grads);
    this.count += 1;
    const tensors = { params: [...this.parameters], grads: [...grads], mu: this.#mu, nu: this.#nu };
    const { b1, b2, eps } = this.options;
    const weightDecay = this.#weightDecay;
    adamWStep(tensors, { step: this.count, learningRate, b1, b2, eps, weightDecay, gradScale });
  }

  /** `mu.<path>` and `nu.<path>`. The count is the training loop's step and is kept there. */
  saveState(): Map<string, Tensor> {
    return new Map([...this.#named('mu', this.#mu), ...this.#named('nu', this.#nu)]);
  }

  loadState(entries: ReadonlyMap<string, Tensor>): void {
    const targets = [...this.#named('mu', this.#mu), ...this.#named('nu', this.#nu)];
    checkNames(targets, entries);
    for (const [name, target] of targets) {
      const value = tf.tidy(() => tf.mul(entries.get(name) as Tensor, 1)); // memory of its own
      nn.assignParameter(target, value, name);
    }
  }

  dispose(): void {
    for (const state of [...this.#mu, ...this.#nu]) if (!state.isDisposed) state.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #named(prefix: string, states: readonly Variable[]): [string, Variable][] {
    return states.map((state, i) => [`${prefix}.${this.#paths[i]}`, state]);
  }

  #checkGrads(grads: readonly Tensor[]): void {
    if (this.parameters.length === 0) {
      throw new ConfigError('adamw: step: expected init(model) before the first step.');
    }
    if (grads.length === this.parameters.length) return;
    throw new ConfigError(
      `adamw: grads: expected one for each of ${this.parameters.length} parameters, got ${grads.length}. ` +
        'Pass optimizer.parameters to valueAndGrads.',
    );
  }
}

function zerosLike(parameter: Variable): Variable {
  const state = nn.parameter(tf.zeros(parameter.shape));
  state.trainable = false;
  return state;
}

function checkNames(targets: [string, Variable][], entries: ReadonlyMap<string, Tensor>): void {
  const expected = new Map(targets);
  const missing = [...expected.keys()].filter((name) => !entries.has(name));
  const unexpected = [...entries.keys()].filter((name) => !expected.has(name));
  if (missing.length + unexpected.length === 0) return;
  const show = (names: string[]) => names.slice(0, 5).join(', ') || 'none';
  throw new CheckpointError(
    `adamw: state: expected one mu and nu for each trainable parameter; missing ${show(missing)}; ` +
      `unexpected ${show(unexpected)}. Resume with the model that the run began with.`,
  );
}

function withDefaults(options: AdamWOptions): Required<AdamWOptions> {
  const { learningRate, b1 = 0.9, b2 = 0.999, eps = 1e-8, weightDecay = 0.01 } = options;
  const { decay = (_path: string, parameter: Variable) => parameter.rank >= 2 } = options;
  const fine = {
    learningRate: learningRate >= 0,
    b1: b1 >= 0 && b1 < 1,
    b2: b2 >= 0 && b2 < 1,
    eps: eps >= 0,
    weightDecay: weightDecay >= 0,
  };
  const values = { learningRate, b1, b2, eps, weightDecay };
  for (const [name, isFine] of Object.entries(fine)) {
    if (isFine && Number.isFinite(values[name as keyof typeof values])) continue;
    const range = name.startsWith('b') ? 'a number in [0, 1)' : 'a number ≥ 0';
    const got = values[name as keyof typeof values];
    throw new ConfigError(`adamw: ${name}: expected ${range}, got ${got}.`);
  }
  return { ...values, decay };
}
