// Averages of the weights along a run, beside any optimizer, with the numbers of torch.optim.swa_utils.AveragedModel:
// an exponential moving average (Polyak & Juditsky 1992; decay·average + (1−decay)·p), or the plain mean of every
// so many updates (stochastic weight averaging, Izmailov et al. 2018). The first average is a copy.

import { nn, tf, type Tensor, type Variable } from '@llm/tensor';
import { ConfigError } from '../errors.ts';
import {
  trainableOf,
  type NamedParameters,
  type Optimizer,
  type StepOptions,
} from '../optimizer.ts';
import { checkNumbers, FRACTION, POSITIVE_INTEGER } from './check-numbers.ts';
import { fillState } from './fill-state.ts';

export interface AveragedOptions {
  /** Decay of an exponential moving average, [0, 1); without it the mean is plain. */
  readonly decay?: number;
  /** The first update whose weights count; until then evaluation uses the weights as they are. @default 1 */
  readonly start?: number;
  /** Updates between those that count. @default 1 */
  readonly every?: number;
}

/** The same optimizer, with averaged weights as its `evaluationWeights`. State: `average.<path>` and the inner's. */
export function averaged(optimizer: Optimizer, options: AveragedOptions = {}): Optimizer {
  return new AveragedOptimizer(optimizer, options);
}

class AveragedOptimizer implements Optimizer {
  readonly #inner: Optimizer;
  readonly #options: Required<Omit<AveragedOptions, 'decay'>> & { readonly decay?: number };
  #averages: ReadonlyMap<string, Variable> = new Map();

  constructor(inner: Optimizer, { start = 1, every = 1, ...options }: AveragedOptions) {
    checkNumbers('averaged', {
      decay: [options.decay ?? 0, FRACTION],
      start: [start, POSITIVE_INTEGER],
      every: [every, POSITIVE_INTEGER],
    });
    if (inner.evaluationWeights) {
      throw new ConfigError(
        'averaged: optimizer: expected one without averages of its own, got one with evaluationWeights.',
      );
    }
    this.#inner = inner;
    this.#options = { ...options, start, every };
  }

  get parameters(): readonly Variable[] {
    return this.#inner.parameters;
  }

  get learningRate(): number {
    return this.#inner.learningRate;
  }

  get count(): number {
    return this.#inner.count;
  }

  set count(count: number) {
    this.#inner.count = count;
  }

  init(model: nn.Module | NamedParameters): void {
    const named = trainableOf(model);
    this.#inner.init(named);
    const copies = named.map(([path, parameter]) => {
      const average = nn.parameter(copyOf(parameter));
      average.trainable = false;
      return [`average.${path}`, average] as const;
    });
    this.#averages = new Map(copies);
  }

  step(grads: readonly Tensor[], options?: StepOptions): void {
    this.#inner.step(grads, options);
    const { start, every, decay } = this.#options;
    const past = this.count - start;
    if (past > 0 && past % every !== 0) return;
    const seen = past / every + 1; // updates that count so far, this one included
    const share = seen <= 1 ? 1 : decay === undefined ? 1 / seen : 1 - decay;
    [...this.#averages.values()].forEach((average, i) => {
      const p = this.parameters[i]!;
      const moved = share === 1 ? copyOf(p) : mixed(average, p, share);
      nn.assignParameter(average, moved, 'average');
    });
  }

  readonly evaluationWeights = (): Tensor[] => [...this.#averages.values()].map(copyOf);

  saveState(): Map<string, Tensor> {
    return new Map<string, Tensor>([...this.#inner.saveState(), ...this.#averages]);
  }

  loadState(entries: ReadonlyMap<string, Tensor>): void {
    const isOurs = (name: string) => name.startsWith('average.');
    const pick = (ours: boolean) => new Map([...entries].filter(([name]) => isOurs(name) === ours));
    fillState('averaged', this.#averages, pick(true));
    this.#inner.loadState(pick(false));
  }

  dispose(): void {
    this.#inner.dispose();
    for (const average of this.#averages.values()) if (!average.isDisposed) average.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Memory of its own: optimizers write where a parameter lies. */
function copyOf(tensor: Tensor): Tensor {
  return tf.tidy(() => tf.mul(tensor, 1));
}

function mixed(average: Tensor, p: Tensor, share: number): Tensor {
  return tf.tidy(() => tf.add(average, tf.mul(tf.sub(p, average), share)));
}
