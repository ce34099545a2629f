// Two optimizers for one model: each takes the parameters that are its own.

import type { nn, Tensor, Variable } from '@llm/tensor';
import { ConfigError } from '../errors.ts';
import {
  trainableOf,
  type NamedParameters,
  type Optimizer,
  type StepOptions,
} from '../optimizer.ts';

export interface SplitOptions {
  /** For messages. */
  readonly name: string;
  /** A schedule's rate is this one's; the other's is scaled alike. */
  readonly first: Optimizer;
  readonly second: Optimizer;
  readonly isFirst: (path: string, parameter: Variable) => boolean;
}

/** One optimizer made of two. State and parameters are those of both. */
export class SplitOptimizer implements Optimizer {
  readonly #options: SplitOptions;
  #parameters: readonly Variable[] = [];
  /** Which optimizer each parameter belongs to. */
  #isFirst: readonly boolean[] = [];
  #paths: { readonly first: Set<string>; readonly second: Set<string> } = {
    first: new Set(),
    second: new Set(),
  };
  #count = 0;

  constructor(options: SplitOptions) {
    this.#options = options;
  }

  get parameters(): readonly Variable[] {
    return this.#parameters;
  }

  get learningRate(): number {
    return this.#options.first.learningRate;
  }

  get count(): number {
    return this.#count;
  }

  set count(count: number) {
    this.#count = count;
    for (const { optimizer } of this.#used()) optimizer.count = count;
  }

  init(model: nn.Module | NamedParameters): void {
    const { name, isFirst } = this.#options;
    if (this.#parameters.length > 0) {
      throw new ConfigError(
        `${name}: init: expected to be called once. Make an optimizer per model.`,
      );
    }
    const named = trainableOf(model);
    if (named.length === 0) {
      throw new ConfigError(
        `${name}: init: expected at least one trainable parameter, got none. Is the whole model frozen?`,
      );
    }
    const belongs = named.map((entry) => isFirst(...entry));
    for (const { optimizer, side } of this.#both()) {
      const own = named.filter((_, i) => belongs[i] === (side === 'first'));
      this.#paths[side].clear();
      own.forEach(([path]) => this.#paths[side].add(path));
      if (own.length > 0) optimizer.init(own);
    }
    this.#isFirst = belongs;
    this.#parameters = named.map(([, parameter]) => parameter);
  }

  step(grads: readonly Tensor[], options: StepOptions = {}): void {
    const { name, first } = this.#options;
    const { learningRate = this.learningRate, gradScale } = options;
    if (grads.length !== this.#parameters.length || grads.length === 0) {
      throw new ConfigError(
        `${name}: grads: expected one for each of ${this.#parameters.length} parameters, got ${grads.length}. ` +
          'Call init first and pass optimizer.parameters to valueAndGrads.',
      );
    }
    const factor = first.learningRate === 0 ? 1 : learningRate / first.learningRate;
    for (const { optimizer, side } of this.#used()) {
      const own = grads.filter((_, i) => this.#isFirst[i] === (side === 'first'));
      const scale = gradScale === undefined ? {} : { gradScale };
      optimizer.step(own, { learningRate: optimizer.learningRate * factor, ...scale });
    }
    this.#count += 1;
  }

  saveState(): Map<string, Tensor> {
    return new Map(this.#used().flatMap(({ optimizer }) => [...optimizer.saveState()]));
  }

  loadState(entries: ReadonlyMap<string, Tensor>): void {
    const used = this.#used();
    const expected = used.map(({ optimizer }) => optimizer.saveState());
    used.forEach(({ optimizer }, i) => {
      // What nobody expects goes to the first, which says so.
      const isOwn = (key: string) =>
        expected[i]!.has(key) || (i === 0 && !expected.some((names) => names.has(key)));
      optimizer.loadState(new Map([...entries].filter(([key]) => isOwn(key))));
    });
  }

  dispose(): void {
    this.#options.first.dispose();
    this.#options.second.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #both() {
    const { first, second } = this.#options;
    return [
      { optimizer: first, side: 'first' },
      { optimizer: second, side: 'second' },
    ] as const;
  }

  #used() {
    return this.#both().filter(({ side }) => this.#paths[side].size > 0);
  }
}
