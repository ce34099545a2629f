// The part that all optimizers share: it holds the parameters and their state and hands them to a rule's formula.

import { nn, tf, type Tensor, type Variable } from '@llm/tensor';
import { ConfigError } from '../errors.ts';
import {
  trainableOf,
  type NamedParameters,
  type Optimizer,
  type StepOptions,
} from '../optimizer.ts';
import { checkNumbers, NOT_NEGATIVE } from './check-numbers.ts';
import { fillState } from './fill-state.ts';
import { checkGroups, settingsOf, type GroupOptions } from './parameter-groups.ts';
import type { ParameterState, Rule, RuleEntry } from './rule.ts';

/** One trainable parameter with all that belongs to it. */
interface Slot {
  readonly path: string;
  readonly parameter: Variable;
  readonly state: ParameterState;
  readonly learningRateScale: number;
  readonly weightDecay: number;
}

export type RuleOptimizerOptions = GroupOptions & { readonly weightDecay: number };

/** An optimizer made of a rule and options that hold for any rule. */
export class RuleOptimizer implements Optimizer {
  count = 0;
  readonly evaluationWeights?: () => Tensor[];
  readonly #rule: Rule;
  readonly #options: RuleOptimizerOptions;
  #slots: readonly Slot[] = [];
  #numbers: ParameterState = {};

  constructor(rule: Rule, options: RuleOptimizerOptions) {
    const { learningRate, weightDecay, groups } = options;
    const ranges = {
      learningRate: [learningRate, NOT_NEGATIVE],
      weightDecay: [weightDecay, NOT_NEGATIVE],
    } as const;
    checkNumbers(rule.name, ranges);
    checkGroups(rule.name, groups);
    this.#rule = rule;
    this.#options = options;
    const weight = rule.evaluationWeight;
    if (weight) {
      this.evaluationWeights = () =>
        this.#slots.map(({ parameter, state }) => weight(parameter, state));
    }
  }

  get learningRate(): number {
    return this.#options.learningRate;
  }

  get parameters(): readonly Variable[] {
    return this.#slots.map(({ parameter }) => parameter);
  }

  init(model: nn.Module | NamedParameters): void {
    const { name, numbers = {} } = this.#rule;
    if (this.#slots.length > 0) {
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
    this.#slots = named.map(([path, parameter]) => this.#slotOf(path, parameter));
    this.#numbers = mapValues(numbers, (value) => stateOf(tf.scalar(value)));
  }

  step(grads: readonly Tensor[], options: StepOptions = {}): void {
    const { learningRate = this.learningRate, gradScale = 1 } = options;
    this.#checkGrads(grads);
    this.count += 1;
    const numbers = this.#advanceNumbers(learningRate);
    for (const [scale, entries] of this.#entriesByRate(grads)) {
      this.#rule.update({
        count: this.count,
        learningRate: learningRate * scale,
        gradScale: this.#options.maximize ? -gradScale : gradScale,
        entries,
        numbers,
      });
    }
  }

  /** `<state>.<path>`, such as `mu.layers.0.weight`. The count is the training loop's step and is kept there. */
  saveState(): Map<string, Tensor> {
    return this.#targets();
  }

  loadState(entries: ReadonlyMap<string, Tensor>): void {
    fillState(this.#rule.name, this.#targets(), entries);
  }

  dispose(): void {
    for (const state of this.#targets().values()) if (!state.isDisposed) state.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #slotOf(path: string, parameter: Variable): Slot {
    const { initial = (_name: string, p: Variable) => tf.zeros(p.shape) } = this.#rule;
    const state = mapValues(this.#rule.state(parameter), (shape, name) => {
      const isLike = tf.util.arraysEqual([...shape], parameter.shape);
      return stateOf(isLike ? initial(name, parameter) : tf.zeros([...shape]));
    });
    return { path, parameter, state, ...settingsOf(path, parameter, this.#options) };
  }

  /** The state variables by the name under which they are saved, state by state as the rule lists them. */
  #targets(): Map<string, Variable> {
    const all = this.#slots.flatMap(({ path, state }) =>
      Object.entries(state).map(([name, variable]) => ({ name, path, variable })),
    );
    const names = [...new Set(all.map(({ name }) => name))];
    const ordered = names.flatMap((name) => all.filter((entry) => entry.name === name));
    return new Map([
      ...ordered.map(({ name, path, variable }) => [`${name}.${path}`, variable] as const),
      ...Object.entries(this.#numbers),
    ]);
  }

  /** Parameters whose rate is scaled alike, in order of their first. */
  #entriesByRate(grads: readonly Tensor[]): Map<number, RuleEntry[]> {
    const byRate = new Map<number, RuleEntry[]>();
    this.#slots.forEach(({ parameter, state, learningRateScale, weightDecay }, i) => {
      const entry = { parameter, grad: grads[i]!, state, weightDecay };
      const entries = byRate.get(learningRateScale);
      if (entries) entries.push(entry);
      else byRate.set(learningRateScale, [entry]);
    });
    return byRate;
  }

  #advanceNumbers(learningRate: number): Record<string, number> {
    if (!this.#rule.begin) return {};
    const before = mapValues(this.#numbers, (variable) => variable.dataSync()[0] ?? NaN);
    const after = this.#rule.begin(before, { count: this.count, learningRate });
    for (const [name, variable] of Object.entries(this.#numbers)) {
      nn.assignParameter(variable, tf.scalar(after[name] ?? NaN), name);
    }
    return mapValues(after, Math.fround); // as a resumed run would read them
  }

  #checkGrads(grads: readonly Tensor[]): void {
    const { name } = this.#rule;
    if (this.#slots.length === 0) {
      throw new ConfigError(`${name}: step: expected init(model) before the first step.`);
    }
    if (grads.length !== this.#slots.length) {
      throw new ConfigError(
        `${name}: grads: expected one for each of ${this.#slots.length} parameters, got ${grads.length}. ` +
          'Pass optimizer.parameters to valueAndGrads.',
      );
    }
    this.#slots.forEach(({ path, parameter }, i) => {
      if (tf.util.arraysEqual(grads[i]!.shape, parameter.shape)) return;
      throw new ConfigError(
        `${name}: grads[${i}]: expected [${parameter.shape}] as ${path}, got [${grads[i]!.shape}].`,
      );
    });
  }
}

function stateOf(initial: Tensor): Variable {
  const state = nn.parameter(initial);
  state.trainable = false;
  return state;
}

function mapValues<In, Out>(
  record: Readonly<Record<string, In>>,
  map: (value: In, key: string) => Out,
): Record<string, Out> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}
