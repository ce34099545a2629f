import { attention, memoryStats, scope, tf, useBackend, valueAndGrads } from '@llm/tensor';

const { backend, reason } = await useBackend();
console.log(`${backend}: ${reason}`);
const q = tf.variable(tf.randomNormal([1, 16, 4, 8])); // [batch, length, heads, head size]
const kv = tf.randomNormal([1, 16, 2, 8]); // two key/value heads serve the four query heads
const { value, grads } = valueAndGrads(() => tf.mean(attention(q, kv, kv)), [q]);
console.log(value.dataSync()[0], grads[0]!.shape); // … [ 1, 16, 4, 8 ]
scope(() => tf.matMul(tf.ones([512, 512]), tf.ones([512, 512]))); // freed at the end
console.log(memoryStats()); // { liveBytes, peakBytes, pooledBytes, mappedBytes, liveTensors }
