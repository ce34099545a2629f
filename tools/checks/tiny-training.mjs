// Fits y = 2x with the built @llm/tensor on `native`, and prints the version of Node and the slope.
import { nn, scope, tf, useBackend, valueAndGrads } from '../../packages/tensor/dist/index.js';

const { backend } = await useBackend('native');
const layer = new nn.Linear(1, 1, { hasBias: false, std: 0 });
const x = tf.tensor2d([[1], [2], [3]]);
for (let step = 0; step < 50; step++) {
  scope(() => {
    const loss = () => tf.mean(tf.square(tf.sub(layer.forward(x), tf.mul(x, 2))));
    const { grads } = valueAndGrads(loss, [layer.weight]);
    layer.weight.assign(tf.sub(layer.weight, tf.mul(grads[0], 0.05)));
  });
}
const [slope] = layer.weight.dataSync();
process.stdout.write(`${process.version} on ${backend}: slope ${slope.toFixed(4)}\n`);
process.exitCode = Math.abs(slope - 2) < 1e-3 ? 0 : 1;
