// A module that trains in full beside an adapter (PEFT's modules_to_save), as a new classification head. The adapter has
// copies of its parameters; the module's own stay what they were.

import { nn, tf, type Tensor, type Variable } from '@llm/tensor';
import type { EmbeddingLike, ProjectingPart } from '../adapter/adapted-layer.ts';
import { LayerPart, type Layer, type ParameterValues } from '../adapter/layer-part.ts';
import type { AdapterInfo } from '../adapter/method.ts';
import { layerKey } from '../format/keys.ts';
import { withParameters } from './with-parameters.ts';

export class SavedModulePart extends LayerPart implements ProjectingPart {
  /** The copies, in the order of the module's parameters. */
  readonly copies: Variable[];
  readonly info: AdapterInfo;
  /** The module's parameters before merging, while merged. */
  before: Tensor[] = [];
  readonly #own: readonly (readonly [path: string, parameter: Variable])[];
  readonly #isTied: boolean;

  /** @param options.isTied whether a tied output layer uses the copy, too */
  constructor(layer: Layer, info: AdapterInfo, options: { isTied: boolean }) {
    super();
    this.info = info;
    this.#own = Array.from(layer.namedParameters());
    this.#isTied = options.isTied;
    this.copies = this.#own.map(([, parameter]) => nn.parameter(tf.clone(parameter)));
  }

  forward(x: Tensor, base: (x: Tensor) => Tensor, layer: Layer): Tensor {
    return withParameters(layer, this.#replacements(), () => base(x));
  }

  project(x: Tensor, base: (x: Tensor) => Tensor, layer: EmbeddingLike): Tensor {
    if (!this.#isTied) return base(x);
    return withParameters(layer, this.#replacements(), () => base(x));
  }

  #replacements(): Map<Variable, Variable> {
    return new Map(this.#own.map(([, own], i) => [own, this.copies[i]!]));
  }

  mergedValues(): ParameterValues {
    return this.#own.map(([, own], i) => [own, tf.clone(this.copies[i]!)] as const);
  }

  override beforeMerge(): void {
    this.before = this.#own.map(([, own]) => tf.keep(tf.clone(own)));
  }

  unmergedValues(): ParameterValues {
    return this.#own.map(([, own], i) => [own, tf.clone(this.before[i]!)] as const);
  }

  override afterUnmerge(): void {
    tf.dispose(this.before);
    this.before = [];
  }

  override get mergesAlone(): boolean {
    return true;
  }

  entries(moduleName: string): [string, Variable][] {
    return this.#own.map(([path], i) => [
      layerKey(moduleName, nn.toSnakePath(path)),
      this.copies[i]!,
    ]);
  }

  override derivedEntries(): [string, Tensor][] {
    if (!this.#isTied) return [];
    return [[layerKey('lm_head', 'weight'), tf.clone(this.copies[0]!)]];
  }
}
