// Every parameter tensor of a model of the GPT-2 or Llama family, as one list; counts and bytes are sums over it.

import type { ConfigJson, ModelShape } from './model-shape.ts';
import { shapeFromConfig } from './model-shape.ts';

/** One tensor of the model, present `count` times (once a layer, mostly). Vectors have rows = 1. */
export interface ParameterTensor {
  readonly name: string;
  readonly kind: 'embedding' | 'matrix' | 'vector';
  readonly rows: number;
  readonly columns: number;
  readonly count: number;
}

/** The parameter tensors, in the order of the checkpoint. A tied output head is not listed again. */
export function parameterTensors(shape: ModelShape): ParameterTensor[] {
  return [
    ...embeddings(shape),
    ...attention(shape),
    ...mlp(shape),
    ...norms(shape),
    ...head(shape),
  ];
}

/** Number of parameters, tied weights once; 124,439,808 for GPT-2, 134,515,008 for SmolLM2-135M. */
export function parameterCount(shape: ModelShape): number {
  if (shape.nominalParameters !== undefined) return shape.nominalParameters;
  return parameterTensors(shape).reduce((sum, t) => sum + t.count * t.rows * t.columns, 0);
}

/** Number of parameters of a config.json. */
export function paramsFromConfig(config: ConfigJson | ModelShape): number {
  return parameterCount(shapeFromConfig(config));
}

function embeddings(shape: ModelShape): ParameterTensor[] {
  const { family, vocabSize, hiddenSize, maxPositionEmbeddings } = shape;
  const { hasPositionTable = family === 'gpt2' } = shape;
  const tokens = tensor('embedTokens', 'embedding', vocabSize, hiddenSize);
  if (!hasPositionTable) return [tokens]; // rotary positions have no weights
  return [tokens, tensor('positionEmbeddings', 'embedding', maxPositionEmbeddings, hiddenSize)];
}

function attention(shape: ModelShape): ParameterTensor[] {
  const { hiddenSize: C, numHiddenLayers, headDim: D } = shape;
  const queryRows = shape.numAttentionHeads * D;
  const qkvRows = queryRows + 2 * shape.numKeyValueHeads * D;
  const list = [matrix('qkvProj', qkvRows, C), matrix('oProj', C, queryRows)];
  if (shape.hasQkvBias) list.push(vector('qkvProj.bias', qkvRows));
  if (shape.hasOutputBias) list.push(vector('oProj.bias', C));
  if (shape.hasQkNorm) list.push(vector('qNorm', D), vector('kNorm', D));
  return list.map((t) => ({ ...t, count: numHiddenLayers }));
}

function mlp(shape: ModelShape): ParameterTensor[] {
  const { hiddenSize: C, intermediateSize: F, numHiddenLayers, family } = shape;
  const upRows = family === 'llama' ? 2 * F : F; // gate and up, or one
  const list = [matrix('upProj', upRows, C), matrix('downProj', C, F)];
  if (shape.experts !== undefined) {
    const { count } = shape.experts; // each with its own matrices, and a router for all
    const all = list.map((t) => ({ ...t, count: count * numHiddenLayers }));
    return [...all, { ...matrix('router', count, C), count: numHiddenLayers }];
  }
  if (shape.hasMlpBias) list.push(vector('upProj.bias', upRows), vector('downProj.bias', C));
  return list.map((t) => ({ ...t, count: numHiddenLayers }));
}

function norms(shape: ModelShape): ParameterTensor[] {
  const perNorm = shape.family === 'gpt2' ? 2 : 1; // LayerNorm has a bias, RMSNorm has not
  const number = (shape.normsPerLayer ?? 2) * shape.numHiddenLayers + 1;
  return [{ ...vector('norms', shape.hiddenSize), count: perNorm * number }];
}

function head({ tieWordEmbeddings, vocabSize, hiddenSize }: ModelShape): ParameterTensor[] {
  return tieWordEmbeddings ? [] : [tensor('lmHead', 'matrix', vocabSize, hiddenSize)];
}

function tensor(name: string, kind: ParameterTensor['kind'], rows: number, columns: number) {
  return { name, kind, rows, columns, count: 1 };
}

function matrix(name: string, rows: number, columns: number): ParameterTensor {
  return tensor(name, 'matrix', rows, columns);
}

function vector(name: string, length: number): ParameterTensor {
  return tensor(name, 'vector', 1, length);
}
