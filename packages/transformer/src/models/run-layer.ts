// One layer of a stack, with its activations kept for the backward pass or computed again there.
import type { nn } from '@llm/tensor';
import { checkpoint, scope, tf, type Tensor } from '@llm/tensor';
import { ConfigError } from '../errors.ts';
import { activeTrace, traceLayer } from './trace.ts';

/** A module that runs its layers through `runLayer`. */
export interface LayerStack {
  /** Whether the backward pass computes the layers' activations again (arXiv 1604.06174). @default false */
  gradientCheckpointing: boolean;
}

/**
 * Switches gradient checkpointing on or off in every stack of a model: training then keeps one hidden
 * state for each layer instead of all its activations, and computes each layer's forward pass twice.
 * Losses and gradients stay the same bits.
 * @throws ConfigError when nothing in the model can do it
 * @example
 * setGradientCheckpointing(model);
 */
export function setGradientCheckpointing(model: nn.Module, isOn = true): void {
  const modules = [...model.namedModules()].map(([, module]) => module);
  const stacks = modules.filter(isLayerStack);
  if (stacks.length === 0) {
    throw new ConfigError(
      'setGradientCheckpointing: model: expected one with a stack of layers, got none in it. ' +
        'Give a model of createModel, createEncoder or createSeq2Seq, or one around it.',
    );
  }
  for (const stack of stacks) stack.gradientCheckpointing = isOn;
}

function isLayerStack(module: nn.Module): module is nn.Module & LayerStack {
  return 'gradientCheckpointing' in module;
}

/**
 * layer(inputs), what it made freed but for its result and what the backward pass needs.
 * @param inputs all that the layer reads besides its parameters; every tensor that exists only during
 *   the forward pass must be in it, directly or in plain objects and arrays
 */
export function runLayer<Inputs extends object>(
  stack: LayerStack,
  inputs: Inputs,
  layer: (inputs: Inputs) => Tensor,
): Tensor {
  if (activeTrace() !== null) return scope(() => tracedLayer(inputs, layer));
  const isInference = 'kvCache' in inputs && inputs.kvCache !== undefined;
  if (!stack.gradientCheckpointing || isInference) return scope(() => layer(inputs));
  const tensors: Tensor[] = [];
  mapTensors(inputs, (tensor) => {
    tensors.push(tensor);
    return tensor;
  });
  return checkpoint((...given: Tensor[]) => {
    let next = 0;
    return layer(mapTensors(inputs, () => given[next++]!) as Inputs);
  }, tensors);
}

/** The layer's input is what it calls x. */
function tracedLayer<Inputs extends object>(
  inputs: Inputs,
  layer: (inputs: Inputs) => Tensor,
): Tensor {
  const output = layer(inputs);
  if ('x' in inputs && inputs.x instanceof tf.Tensor) traceLayer(inputs.x, output);
  return output;
}

/** The same structure with each tensor replaced; objects of classes are left alone. */
function mapTensors(value: unknown, replace: (tensor: Tensor) => Tensor): unknown {
  if (value instanceof tf.Tensor) return replace(value);
  if (Array.isArray(value)) return value.map((item) => mapTensors(item, replace));
  if (typeof value !== 'object' || value === null) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, mapTensors(item, replace)]);
  return Object.fromEntries(entries) as unknown;
}
