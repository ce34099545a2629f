// Trains a GPT on noise: for event-loop.mjs.
import { setImmediate } from 'node:timers/promises';
import {
  crossEntropy,
  Generator,
  scope,
  tf,
  useBackend,
  valueAndGrads,
} from '../../packages/tensor/dist/index.js';
import { serveWorker } from '../../packages/tensor/dist/worker/index.js';
import { createModel } from '../../packages/transformer/dist/index.js';

serveWorker({
  async *train({ width, layers, batch, time }, { signal }) {
    await useBackend('native');
    const config = {
      modelType: 'gpt2',
      vocabSize: 512,
      nPositions: time,
      nEmbd: width,
      nLayer: layers,
      nHead: 6,
    };
    const model = createModel(config, { seed: 1 });
    const generator = new Generator(2);
    const params = model.trainableParameters();
    while (!signal.aborted) {
      yield scope(() => {
        const ids = tf.cast(generator.uniform([batch, time], 0, 512), 'int32');
        const { value, grads } = valueAndGrads(() => crossEntropy(model.forward(ids), ids), params);
        params.forEach((param, i) => param.assign(tf.sub(param, tf.mul(grads[i], 0.01))));
        return value.dataSync()[0];
      });
      await setImmediate();
    }
  },
});
