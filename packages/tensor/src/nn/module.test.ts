import { beforeAll, describe, expect, it } from 'vitest';
import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../backends/use-backend.ts';
import { ShapeError } from '../errors/errors.ts';
import { Generator } from '../random/generator.ts';
import { Dropout } from './dropout.ts';
import { Linear } from './linear.ts';
import { Module } from './module.ts';

beforeAll(() => useBackend('cpu'));

class Block extends Module {
  readonly qProj: Linear;
  readonly dropout: Dropout;
  constructor(generator: Generator) {
    super();
    this.qProj = new Linear(3, 2, { generator, hasBias: false });
    this.dropout = new Dropout(0.1, { generator });
  }
}

class Model extends Module {
  readonly config = { hiddenSize: 3, layers: [1, 2] };
  readonly layers: Module[];
  readonly adapters: Record<string, Module>;
  readonly lmHead: Linear;
  readonly tables = { cos: tf.ones([2]) };
  readonly tied: tf.Variable;
  constructor(seed = 1) {
    super();
    const generator = new Generator(seed);
    this.layers = [new Block(generator), new Block(generator)];
    this.lmHead = new Linear(3, 4, { generator });
    this.adapters = { default: new Linear(1, 1, { generator, hasBias: false }) };
    this.tied = this.lmHead.weight;
  }
}

const PATHS = [
  'layers.0.qProj.weight',
  'layers.1.qProj.weight',
  'lmHead.weight',
  'lmHead.bias',
  'adapters.default.weight',
];

describe('Module', () => {
  it('reports each parameter once, under its property path', () => {
    const model = new Model();
    expect([...model.namedParameters()].map(([path]) => path).sort()).toEqual([...PATHS].sort());
    expect(model.numParameters()).toBe(6 + 6 + 12 + 4 + 1);
    expect([...model.namedParameters('model')][0]![0]).toMatch(/^model\./);
  });

  it('finds and replaces modules by path', () => {
    const model = new Model();
    const old = model.getModule('layers.1.qProj');
    const replacement = new Linear(3, 2, { generator: null });
    model.setModule('layers.1.qProj', replacement);
    expect(model.getModule('layers.1.qProj')).toBe(replacement);
    expect(model.parameters()).not.toContain((old as Linear).weight);
    expect(model.getModule('adapters.default')).toBe(model.adapters.default);
    expect(() => model.getModule('layers.2')).toThrow(
      "getModule: path: expected a module's path, got 'layers.2'. See namedModules().",
    );
    expect(() => model.getModule('constructor')).toThrow(RangeError);
    expect(() => model.setModule('layers.0.missing', replacement)).toThrow(RangeError);
  });

  it('switches every module between training and evaluation', () => {
    const model = new Model().eval();
    expect([...model.namedModules()].map(([, module]) => module.training)).not.toContain(true);
    expect((model.layers[0] as Block).dropout.training).toBe(false);
    expect((model.train().layers[0] as Block).dropout.training).toBe(true);
  });

  it('freezes part of a tree', () => {
    const model = new Model();
    model.layers[0]!.freeze();
    expect(model.trainableParameters()).toHaveLength(PATHS.length - 1);
    expect(model.unfreeze().trainableParameters()).toHaveLength(PATHS.length);
  });

  it('copies a state dict: later changes of one model do not reach the other', () => {
    const a = new Model(1);
    const b = new Model(2);
    expect(b.loadStateDict(a.stateDict())).toEqual({ missing: [], unexpected: [] });
    expect(b.lmHead.weight.dataSync()).toEqual(a.lmHead.weight.dataSync());
    (b.lmHead.weight.dataSync() as Float32Array)[0] = 99; // the cpu backend's own buffer
    expect(a.lmHead.weight.dataSync()[0]).not.toBe(99);
  });

  it('lists missing and unexpected names, and changes nothing then', () => {
    const model = new Model();
    const before = [...model.lmHead.weight.dataSync()];
    const entries: [string, tf.Tensor][] = [
      ['lmHead.weight', tf.zeros([4, 3])],
      ['other', tf.zeros([1])],
    ];
    expect(() => model.loadStateDict(entries)).toThrow(
      /got 4 missing \(layers\.0.*\) and 1 unexpected \(other\)/,
    );
    expect([...model.lmHead.weight.dataSync()]).toEqual(before);
    const report = model.loadStateDict(entries, { strict: false });
    expect(report.missing).toHaveLength(4);
    expect(report.unexpected).toEqual(['other']);
    expect([...model.lmHead.weight.dataSync()]).toEqual(new Array(12).fill(0));
  });

  it('refuses a wrong shape or dtype, also when not strict', () => {
    const model = new Model();
    const load = (value: tf.Tensor) => () =>
      model.loadStateDict([['lmHead.bias', value]], { strict: false });
    expect(load(tf.zeros([5]))).toThrow(
      'loadStateDict: lmHead.bias: expected float32 [4], got float32 [5].',
    );
    expect(load(tf.zeros([4], 'int32'))).toThrow(ShapeError);
  });

  it('frees parameters and held tensors, once', () => {
    const before = tf.memory().numTensors;
    const model = new Model();
    model.dispose();
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
