// One fused operation, forwards and backwards: the gradient of Σ y · dy for each input.
import * as llm from '@llm/tensor';
import { serve, timed } from './serve.mjs';

const { tf } = llm;
const shape = JSON.parse(process.argv[2]);
await llm.useBackend(shape.backend, { threads: shape.threads });

const random = (...sizes) => tf.variable(tf.randomUniform(sizes, -2, 2));

/** Over a batch of sequences as wide as its state; its parameters are differentiated. */
function recurrent(Layer, { B, T, H }) {
  const generator = new llm.Generator(1);
  const layer = new Layer(H, H, { generator });
  const x = generator.normal([B, T, H]);
  return [layer.parameters(), () => llm.scope(() => layer.forward(x).output)];
}

/** A 3 × 3 window over square images, channels last. */
function convolution({ B, H, C, N }) {
  const [x, filter] = [random(B, H, H, C), random(3, 3, C, N)];
  return [[x, filter], (image, weights) => tf.conv2d(image, weights, 1, 'same')];
}

/** Each gives the inputs to differentiate and the function of them. */
const OPERATIONS = {
  layerNorm: ({ rows, C }) => [[random(rows, C), random(C), random(C)], llm.layerNorm],
  rmsNorm: ({ rows, C }) => [[random(rows, C), random(C)], llm.rmsNorm],
  gelu: ({ rows, C, approximate }) => [[random(rows, C)], (x) => llm.gelu(x, approximate)],
  swiglu: ({ rows, C }) => [[random(rows, C), random(rows, C)], llm.swiglu],
  rotary: ({ B, T, H, D }) => {
    const tables = llm.rotaryTables(D, T, 10000);
    return [[random(B, T, H, D)], (x) => llm.rotary(x, tables, 0)];
  },
  crossEntropy: ({ rows, V }) => {
    const labels = tf.randomUniform([rows], 0, V, 'int32');
    return [[random(rows, V)], (x) => llm.crossEntropy(x, labels)];
  },
  attention: ({ B, T, S, H, K, D }) => [
    [random(B, T, H, D), random(B, S, K, D), random(B, S, K, D)],
    llm.attention,
  ],
  lstm: (sizes) => recurrent(llm.nn.LSTM, sizes),
  gru: (sizes) => recurrent(llm.nn.GRU, sizes),
  rnn: (sizes) => recurrent(llm.nn.RNN, sizes),
  conv2d: convolution,
};

const [inputs, run] = OPERATIONS[shape.op](shape);
const first = run(...inputs);
const dy = tf.randomUniform(first.shape, -2, 2);

function once() {
  if (shape.isForwardOnly) return tf.dispose(run(...inputs));
  const loss = () => tf.sum(tf.mul(run(...inputs), dy));
  const { value, grads } = llm.valueAndGrads(loss, inputs);
  tf.dispose([value, ...grads]);
}

function unit() {
  for (let i = 0; i < shape.repeats; i++) once();
}

unit();
await serve(() => timed(unit) / shape.repeats);
