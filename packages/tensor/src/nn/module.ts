/** The base of everything that has parameters. A module's properties are its structure: a
 *  `tf.Variable` is a parameter, a Module is a child, and an array or plain object of these is a
 *  level of the path. A parameter's path is therefore its property path, `layers.0.mlp.upProj.weight`,
 *  and replacing a property replaces the layer. As torch.nn.Module, without registration calls. */
import * as tf from '@tensorflow/tfjs-core';
import { QuantizedWeight } from '../quantized/quantized-weight.ts';
import { isBuffer } from './buffer.ts';
import { loadStateDict, type LoadOptions, type LoadReport } from './load-state-dict.ts';

type Child = tf.Variable | Module | Child[] | { [name: string]: Child };

/** The base class of layers and models; see the top of this file. */
export abstract class Module {
  /** Whether dropout and its like are active; set through `train()` and `eval()`. */
  training = true;

  /** Every parameter once, in property order, under the first path that reaches it. */
  *namedParameters(prefix = ''): Generator<[path: string, parameter: tf.Variable]> {
    for (const [path, variable] of variablesOf(this, prefix)) {
      if (!isBuffer(variable)) yield [path, variable];
    }
  }

  /** State that is not learned, such as running averages: every buffer once, as `namedParameters`. */
  *namedBuffers(prefix = ''): Generator<[path: string, buffer: tf.Variable]> {
    for (const [path, variable] of variablesOf(this, prefix)) {
      if (isBuffer(variable)) yield [path, variable];
    }
  }

  /** This module (path `''`) and every module below it, once each. */
  *namedModules(prefix = ''): Generator<[path: string, module: Module]> {
    yield [prefix, this];
    for (const [path, value] of walk(this, prefix, new Set())) {
      if (value instanceof Module) yield [path, value];
    }
  }

  /** Every parameter once. */
  parameters(): tf.Variable[] {
    return Array.from(this.namedParameters(), ([, parameter]) => parameter);
  }

  /** The parameters that are not frozen. */
  trainableParameters(): tf.Variable[] {
    return this.parameters().filter((parameter) => parameter.trainable);
  }

  /** How many numbers the parameters hold together. */
  numParameters(): number {
    return this.parameters().reduce((sum, parameter) => sum + parameter.size, 0);
  }

  /** The module at `path`, as `namedModules` reports it. */
  getModule(path: string): Module {
    if (path === '') return this;
    const value = path.split('.').reduce<unknown>(own, this);
    if (value instanceof Module) return value;
    throw new RangeError(
      `getModule: path: expected a module's path, got '${path}'. See namedModules().`,
    );
  }

  /** Puts `module` in the place of the one at `path`; the old one is not disposed. */
  setModule(path: string, module: Module): void {
    this.getModule(path); // throws unless there is a module to replace
    const names = path.split('.');
    const last = names.pop() as string;
    if (last === '') throw new RangeError(`setModule: path: expected a child's path, got ''.`);
    const parent = names.reduce<unknown>(own, this);
    (parent as Record<string, Module>)[last] = module;
  }

  /** Switches this module and all below it to training. */
  train(): this {
    return this.#setTraining(true);
  }

  /** Switches this module and all below it to evaluation. */
  eval(): this {
    return this.#setTraining(false);
  }

  /** Takes the parameters out of training: `trainableParameters` omits them. */
  freeze(): this {
    for (const parameter of this.parameters()) parameter.trainable = false;
    return this;
  }

  /** Puts the parameters back into training. */
  unfreeze(): this {
    for (const parameter of this.parameters()) parameter.trainable = true;
    return this;
  }

  /** The parameters and buffers by path: the variables themselves, not copies. */
  stateDict(): Map<string, tf.Tensor> {
    return new Map(variablesOf(this, ''));
  }

  /** Copies `entries` into the parameters and buffers of the same path. The entries stay the caller's.
   *  @throws ShapeError on a wrong shape or dtype, and, when strict, on missing or unknown paths */
  loadStateDict(
    entries: Iterable<readonly [path: string, value: tf.Tensor]>,
    options: LoadOptions = {},
  ): LoadReport {
    return loadStateDict(variablesOf(this, ''), entries, options);
  }

  /** Frees every parameter, and the tensors and quantised weights that modules hold as properties. Safe to call twice. */
  dispose(): void {
    for (const [, module] of this.namedModules()) {
      for (const value of Object.values(module)) disposeTensors(value);
    }
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #setTraining(training: boolean): this {
    for (const [, module] of this.namedModules()) module.training = training;
    return this;
  }
}

/** Parameters and buffers below `module`, once each. */
function* variablesOf(module: Module, prefix: string): Generator<[string, tf.Variable]> {
  for (const [path, value] of walk(module, prefix, new Set())) {
    if (value instanceof tf.Variable) yield [path, value];
  }
}

/** Modules and parameters below `node`, depth first. */
function* walk(node: object, prefix: string, seen: Set<unknown>): Generator<[string, Child]> {
  for (const [name, value] of Object.entries(node) as [string, unknown][]) {
    if (!isChild(value) || seen.has(value)) continue;
    seen.add(value);
    const path = prefix === '' ? name : `${prefix}.${name}`;
    yield [path, value];
    if (!(value instanceof tf.Variable)) yield* walk(value, path, seen);
  }
}

function isChild(value: unknown): value is Child {
  if (value instanceof Module || value instanceof tf.Variable) return true;
  if (!isContainer(value)) return false;
  const items = Object.values(value);
  return items.length > 0 && items.every(isChild);
}

/** An array or an object literal: never a class instance, whose inside is its own business. */
function isContainer(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
}

function own(value: unknown, name: string): unknown {
  const isObject = value instanceof Module || isContainer(value);
  return isObject && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

function disposeTensors(value: unknown): void {
  if (value instanceof tf.Tensor || value instanceof QuantizedWeight) {
    if (!value.isDisposed) value.dispose();
  } else if (isContainer(value)) {
    for (const item of Object.values(value)) disposeTensors(item);
  }
}
