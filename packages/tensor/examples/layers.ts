import { Generator, nn, tf, useBackend } from '@llm/tensor';

await useBackend();
const generator = new Generator(1);
const conv = new nn.Conv2d(3, 16, 3, { padding: 'same', generator });
const pool = new nn.MaxPool2d(2);
const features = pool.forward(tf.relu(conv.forward(tf.ones([8, 32, 32, 3]))));
console.log(features.shape); // [ 8, 16, 16, 16 ]

const lstm = new nn.LSTM(16, 32, { numLayers: 2, isBidirectional: true, generator });
const { output, hidden } = lstm.forward(tf.ones([4, 10, 16]), { lengths: [10, 7, 3, 1] });
console.log(output.shape, hidden.shape); // [ 4, 10, 64 ] [ 4, 4, 32 ]
console.log([...lstm.namedParameters()].map(([path]) => nn.toSnakePath(path))[0]); // weight_ih_l0
