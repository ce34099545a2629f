import { Generator, nn, tf, useBackend } from '@llm/tensor';
import { adamw, cosine, mapBatches, shuffledBatches, train } from '@llm/optim';

await useBackend();
const generator = new Generator(1);
const model = new nn.Linear(2, 1, { generator });
const x = generator.normal([100, 2]);
const y = tf.tidy(() => tf.sum(tf.mul(x, [3, -1]), 1, true)); // what to learn: y = 3·x₀ − x₁
const batches = mapBatches(shuffledBatches(100, 16, generator), (rows) => [...rows]);
const loss = (rows: number[]) =>
  tf.mean(tf.square(tf.sub(model.forward(tf.gather(x, rows)), tf.gather(y, rows))));
const schedule = cosine({ learningRate: 0.1, steps: 200, warmupSteps: 10 });
const optimizer = adamw({ learningRate: 0.1 });
await train({ model, loss, batches, optimizer, schedule, steps: 200 });
console.log(model.weight.dataSync()); // about [3, -1]
