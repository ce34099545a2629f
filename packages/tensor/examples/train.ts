import { adamWStep, gelu, Generator, nn, tf, useBackend, valueAndGrads } from '@llm/tensor';
import { openSafetensors, writeSafetensors } from '@llm/tensor/io';

class Xor extends nn.Module {
  hidden: nn.Linear;
  output: nn.Linear;
  constructor(generator: Generator) {
    super();
    this.hidden = new nn.Linear(2, 8, { generator });
    this.output = new nn.Linear(8, 1, { generator });
  }
  forward(x: tf.Tensor) {
    return this.output.forward(gelu(this.hidden.forward(x)));
  }
}

await useBackend();
const model = new Xor(new Generator(1)); // the seed decides every weight
const params = model.parameters();
const zeros = () => params.map((p) => tf.variable(tf.zeros(p.shape)));
const [mu, nu] = [zeros(), zeros()];
const x = tf.tensor2d([0, 0, 0, 1, 1, 0, 1, 1], [4, 2]);
const y = tf.tensor2d([0, 1, 1, 0], [4, 1]);
const options = { learningRate: 0.02, b1: 0.9, b2: 0.999, eps: 1e-8, weightDecay: 0 };
let loss = 0;
for (let step = 1; step <= 300; step++) {
  const result = valueAndGrads(() => tf.mean(tf.square(tf.sub(model.forward(x), y))), params);
  adamWStep({ params, grads: result.grads, mu, nu }, { ...options, step });
  loss = result.value.dataSync()[0]!;
  tf.dispose([result.value, ...result.grads]);
}
console.log(`loss ${loss.toFixed(4)}`); // loss 0.0000

await writeSafetensors('xor.safetensors', model.stateDict());
const file = await openSafetensors('xor.safetensors'); // Python's safetensors reads it, too
console.log([...file.tensors.keys()]); // hidden.weight, hidden.bias, output.weight, output.bias
await file.close();
