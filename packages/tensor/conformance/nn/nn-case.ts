// One layer, activation or loss of the PyTorch fixture (tools/fixtures/nn_layers.py), and running it here.
import { readFileSync } from 'node:fs';
import * as llm from '../../src/index.ts';
import { nn, scope, tf, valueAndGrads, type Tensor } from '../../src/index.ts';
import { hashed } from '../fused/hashed.ts';

type Spec = { shape: number[]; seed: number; scale: number; shift: number };
type Values = { shape: number[]; values: number[] };

interface Expected {
  readonly outputs: Readonly<Record<string, Values>>;
  readonly gradients: Readonly<Record<string, number[]>>;
}

export interface LayerCase extends Expected {
  readonly layer: string;
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>> & { sizes: unknown[] };
  readonly training: boolean;
  readonly state: Readonly<Record<string, Spec>>;
  readonly inputs: Readonly<Record<string, Spec>>;
  readonly lengths?: number[];
  readonly buffersAfter: Readonly<Record<string, number[]>>;
}

export interface LossCase extends Expected {
  readonly loss: string;
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly inputs: Readonly<Record<string, Spec>>;
  /** Numbers that are not differentiated. */
  readonly fixed: Readonly<Record<string, number[] | number[][]>>;
}

/** The same things computed here, as numbers. */
export interface Results extends Expected {
  readonly buffersAfter: Readonly<Record<string, number[]>>;
}

const WEIGHTS_SEED = 999;

const FIXTURE = new URL('../../fixtures/nn-layers.json', import.meta.url);

export const { layers: LAYER_CASES, losses: LOSS_CASES } = JSON.parse(
  readFileSync(FIXTURE, 'utf8'),
) as { layers: LayerCase[]; losses: LossCase[] };

function valuesOf({ shape, seed, scale, shift }: Spec): Tensor {
  const made = hashed(tf.util.sizeFromShape(shape), seed, scale);
  return tf.tensor(
    made.map((value) => value + shift),
    shape,
  );
}

const numbers = (tensor: Tensor) => Array.from(tensor.dataSync());

type Layer = nn.Module & { forward(x: Tensor, start?: object): Tensor | Record<string, Tensor> };
type LayerClass = new (...args: unknown[]) => Layer;

/** Layers with initial values or options take them last; activations take numbers only. */
function build({ layer, args }: LayerCase): Layer {
  const Class = (nn as unknown as Record<string, LayerClass>)[layer];
  if (Class === undefined) throw new Error(`nn: expected ${layer}, got none.`);
  const { sizes, ...options } = args;
  const isActivation = sizes.length === 0 || typeof sizes[0] === 'string' || isPlain(layer);
  return isActivation ? new Class(...sizes) : new Class(...sizes, { ...options, generator: null });
}

const isPlain = (layer: string) =>
  ['LeakyReLU', 'PReLU', 'ELU', 'Softmax', 'LogSoftmax', 'GELU'].includes(layer) ||
  layer.startsWith('Adaptive');

/** PyTorch's key, as a property path. */
const pathOf = (key: string) => nn.toCamelPath(key);

function load(module: nn.Module, state: LayerCase['state']): void {
  const entries = Object.entries(state).map(
    ([key, spec]) => [pathOf(key), valuesOf(spec)] as const,
  );
  const buffers = Array.from(module.namedBuffers(), ([path]) => path);
  const { missing, unexpected } = module.loadStateDict(entries, { strict: false });
  const wrong = [...missing.filter((path) => !buffers.includes(path)), ...unexpected];
  if (wrong.length > 0) throw new Error(`nn: state: expected PyTorch's names, got ${wrong}.`);
}

function weighted(outputs: Record<string, Tensor>): Tensor {
  const parts = Object.values(outputs).map((output, i) =>
    tf.sum(tf.mul(output, tf.tensor(hashed(output.size, WEIGHTS_SEED + i, 1), output.shape))),
  );
  return tf.addN(parts);
}

/** Runs forwards and backwards; leaves no tensor behind. */
function differentiate(
  variables: Readonly<Record<string, tf.Variable>>,
  compute: () => Record<string, Tensor>,
): Expected {
  const outputs: Record<string, Values> = {};
  const loss = () => {
    const computed = compute();
    for (const [name, output] of Object.entries(computed)) {
      outputs[name] = { shape: output.shape, values: numbers(output) };
    }
    return weighted(computed);
  };
  const { value, grads } = valueAndGrads(loss, Object.values(variables));
  const gradients = Object.keys(variables).map((name, i) => [name, numbers(grads[i]!)] as const);
  tf.dispose([value, ...grads]);
  return { outputs, gradients: Object.fromEntries(gradients) };
}

export function runLayer(layerCase: LayerCase): Results {
  return scope(() => {
    const module = build(layerCase);
    if (!layerCase.training) module.eval();
    load(module, layerCase.state);
    const inputs = variablesOf(layerCase.inputs);
    const parameters = Object.fromEntries(
      Array.from(module.namedParameters(), ([path, p]) => [nn.toSnakePath(path), p] as const),
    );
    const { lengths } = layerCase;
    const expected = differentiate({ ...inputs, ...parameters }, () => {
      const { x, ...start } = inputs;
      const result = module.forward(x!, { ...start, ...(lengths && { lengths }) });
      return result instanceof tf.Tensor ? { output: result } : { ...result };
    });
    const after = Array.from(module.namedBuffers(), ([path, b]) => [
      nn.toSnakePath(path),
      numbers(b),
    ]);
    module.dispose();
    tf.dispose(inputs);
    return { ...expected, buffersAfter: Object.fromEntries(after) as Record<string, number[]> };
  });
}

function variablesOf(specs: Readonly<Record<string, Spec>>): Record<string, tf.Variable> {
  return Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => [name, tf.variable(valuesOf(spec))]),
  );
}

type Loss = (...args: unknown[]) => Tensor;

export function runLoss({ loss, options, inputs, fixed }: LossCase): Expected {
  return scope(() => {
    const variables = variablesOf(inputs);
    const dtype = loss === 'crossEntropy' ? 'int32' : 'float32';
    const constants = Object.fromEntries(
      Object.entries(fixed).map(([name, given]) => [name, tf.tensor(given, undefined, dtype)]),
    );
    const compute = (llm as unknown as Record<string, Loss>)[loss]!;
    const expected = differentiate(variables, () => {
      const given: Record<string, Tensor> = { ...variables, ...constants };
      const tensors = ['input', 'target', 'y'].flatMap((name) => given[name] ?? []);
      return { output: compute(...tensors, options) };
    });
    tf.dispose(variables);
    return expected;
  });
}
