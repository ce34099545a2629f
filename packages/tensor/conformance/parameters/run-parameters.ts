// Conformance of the operations around parameters on one backend: lookup and its gradient, dropout,
// random numbers, and the optimizer's in-place kernels.
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { tf, useBackend, type BackendName, type BackendOptions } from '../../src/index.ts';
import {
  dropoutSuite,
  embeddingSuite,
  generatorSuite,
  sharedGradientSuite,
} from './lookup-and-noise.ts';
import { adamWSuite, addIntoSuite, globalNormSuite, momentumStepsSuite } from './updates.ts';

export function runParameterConformance(backend: BackendName, options: BackendOptions = {}): void {
  describe(`parameter operations on ${backend} ${JSON.stringify(options)}`, () => {
    let tensorsBefore = 0;
    beforeAll(async () => {
      await useBackend(backend, options);
      tensorsBefore = tf.memory().numTensors;
    });
    afterAll(() => expect(tf.memory().numTensors).toBe(tensorsBefore));
    describe('embedding', embeddingSuite);
    describe('dropout', dropoutSuite);
    describe('Generator', generatorSuite);
    describe('adamWStep', adamWSuite);
    describe('momentum steps', momentumStepsSuite);
    describe('globalNorm', globalNormSuite);
    describe('addInto', addIntoSuite);
    describe('valueAndGrads', sharedGradientSuite);
  });
}
