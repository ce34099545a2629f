// The fused operations one by one, forwards and backwards, beside PyTorch eager.
import { ours, python } from './contestants.mjs';

/** `shape` is what each operation's builder in ours/operation.mjs and peers/torch_operation.py reads. */
const OPERATIONS = [
  operation('layerNorm', { rows: 4096, C: 768 }, 20),
  operation('rmsNorm', { rows: 4096, C: 768 }, 20),
  operation('gelu', { rows: 1024, C: 3072, approximate: 'none' }, 10),
  operation('gelu', { rows: 1024, C: 3072, approximate: 'tanh' }, 10),
  operation('swiglu', { rows: 1024, C: 3072 }, 10),
  operation('rotary', { B: 4, T: 512, H: 12, D: 64 }, 20),
  operation('crossEntropy', { rows: 256, V: 50257 }, 5),
  operation('attention', { B: 4, H: 12, K: 12, T: 64, S: 64, D: 64 }, 50),
  operation('attention', { B: 16, H: 6, K: 6, T: 256, S: 256, D: 64 }, 5),
  operation('attention', { B: 1, H: 6, K: 6, T: 2048, S: 2048, D: 64 }, 2),
  operation('attention', { B: 1, H: 9, K: 3, T: 512, S: 512, D: 64 }, 20),
  operation('attention', { B: 1, H: 9, K: 3, T: 1, S: 1024, D: 64, isForwardOnly: true }, 200),
  operation('conv2d', { B: 8, H: 32, C: 64, N: 64 }, 10),
  operation('conv2d', { B: 8, H: 14, C: 256, N: 256 }, 5),
  operation('conv2d', { B: 8, H: 64, C: 3, N: 64 }, 10),
  operation('lstm', { B: 32, T: 64, H: 256 }, 5),
  operation('gru', { B: 32, T: 64, H: 256 }, 5),
  operation('rnn', { B: 32, T: 64, H: 256 }, 5),
];

/** One measured unit is `repeats` runs: a single one is too short to time. */
function operation(op, shape, repeats) {
  const sizes = Object.entries(shape).map(([name, size]) => `${name} ${size}`);
  return { name: `${op}: ${sizes.join(' ')}`, shape: { op, repeats, ...shape } };
}

export function operationWorks() {
  const contestants = [
    ours('operation.mjs', 'ours'),
    python('torch_operation.py', 'PyTorch eager', ['torch']),
  ];
  return OPERATIONS.map((work) => ({ ...work, contestants }));
}
