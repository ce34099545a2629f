// Wrong calls of each fused operation and the message that each must give.
import {
  attention,
  crossEntropy,
  gelu,
  kvCacheWrite,
  layerNorm,
  linear,
  linearCrossEntropy,
  linearLogProbs,
  logProbs,
  rmsNorm,
  rotary,
  rotaryTables,
  silu,
  swiglu,
  tf,
} from '../../src/index.ts';

export interface WrongCall {
  readonly name: string;
  readonly call: () => unknown;
  readonly message: string;
}

const ones = (...shape: number[]) => tf.ones(shape);
const ints = (...shape: number[]) => tf.zeros(shape, 'int32');
const tables = () => rotaryTables(4, 8, 10000);

export const WRONG_CALLS: readonly WrongCall[] = [
  wrong('linear: weight: expected [O, I] = [any, 3], got [4, 2]', () =>
    linear(ones(2, 3), ones(4, 2)),
  ),
  wrong('linear: bias: expected [O] = [4], got [3]', () => linear(ones(2, 3), ones(4, 3), ones(3))),
  wrong('linear: x: expected float32, got int32', () => linear(ints(2, 3), ones(4, 3))),
  wrong('layerNorm: weight: expected [C] = [3], got [2]', () =>
    layerNorm(ones(2, 3), ones(2), ones(3)),
  ),
  wrong('layerNorm: bias: expected [C] = [3], got [1, 3]', () =>
    layerNorm(ones(2, 3), ones(3), ones(1, 3)),
  ),
  wrong('rmsNorm: x: expected at least one axis, got a scalar', () => rmsNorm(ones(), ones(1))),
  wrong('gelu: x: expected float32, got int32', () => gelu(ints(2))),
  wrong('silu: x: expected float32, got int32', () => silu(ints(2))),
  wrong("swiglu: up: expected gate's shape = [2, 3], got [3, 2]", () =>
    swiglu(ones(2, 3), ones(3, 2)),
  ),
  wrong('rotaryTables: D: expected a positive even integer, got 5', () => rotaryTables(5, 8, 100)),
  wrong('rotary: x: expected [B, T, H, D], got [2, 3]', () => rotary(ones(2, 3), tables(), 0)),
  wrong('rotary: positions: expected an integer from 0 to 5, got 6', () =>
    rotary(ones(1, 3, 2, 4), tables(), 6),
  ),
  wrong('rotary: positions: expected [B, T] = [1, 3], got [3]', () =>
    rotary(ones(1, 3, 2, 4), tables(), ints(3)),
  ),
  wrong('rotary: tables.cos: expected [S, D/2] = [any, 3], got [8, 2]', () =>
    rotary(ones(1, 3, 2, 6), tables(), 0),
  ),
  wrong('attention: k: expected [B, S, K, D] = [1, any, any, 4], got [1, 3, 2, 5]', () =>
    attention(ones(1, 3, 2, 4), ones(1, 3, 2, 5), ones(1, 3, 2, 5)),
  ),
  wrong("attention: k: expected a number of heads that divides q's 3, got 2", () =>
    attention(ones(1, 3, 3, 4), ones(1, 3, 2, 4), ones(1, 3, 2, 4)),
  ),
  wrong('attention: v: expected [B, S, K, D] = [1, 3, 2, 4], got [1, 2, 2, 4]', () =>
    attention(ones(1, 3, 2, 4), ones(1, 3, 2, 4), ones(1, 2, 2, 4)),
  ),
  wrong('attention: mask: expected [1, at least 3] int32 or float32, got [1, 2] float32', () =>
    attention(ones(1, 3, 2, 4), ones(1, 3, 2, 4), ones(1, 3, 2, 4), { mask: ones(1, 2) }),
  ),
  wrong('attention: keyLength: expected an integer from 1 to 3, got 4', () =>
    attention(ones(1, 3, 2, 4), ones(1, 3, 2, 4), ones(1, 3, 2, 4), { keyLength: 4 }),
  ),
  wrong('attention: dropout: expected a number from 0 to below 1, got 1', () =>
    attention(ones(1, 3, 2, 4), ones(1, 3, 2, 4), ones(1, 3, 2, 4), { dropout: 1, seed: 1 }),
  ),
  wrong('attention: seed: expected an integer in [0, 2^53), got undefined', () =>
    attention(ones(1, 3, 2, 4), ones(1, 3, 2, 4), ones(1, 3, 2, 4), { dropout: 0.1 }),
  ),
  wrong('kvCacheWrite: position: expected an integer from 0 to 2, got 3', () =>
    kvCacheWrite(ones(1, 5, 2, 4), ones(1, 3, 2, 4), 3),
  ),
  wrong('kvCacheWrite: x: expected [B, T, K, D] = [1, any, 2, 4], got [1, 3, 1, 4]', () =>
    kvCacheWrite(ones(1, 5, 2, 4), ones(1, 3, 1, 4), 0),
  ),
  wrong('crossEntropy: labels: expected [..] = [2], got [3]', () =>
    crossEntropy(ones(2, 5), ints(3)),
  ),
  wrong('crossEntropy: labels: expected int32, got float32', () =>
    crossEntropy(ones(2, 5), ones(2)),
  ),
  wrong('crossEntropy: labelSmoothing: expected a number from 0 to 1, got 2', () =>
    crossEntropy(ones(2, 5), ints(2), { labelSmoothing: 2 }),
  ),
  wrong('crossEntropy: labels: expected 0 to 4 or -100, got 5 at index 1', () =>
    crossEntropy(ones(2, 5), tf.tensor1d([0, 5], 'int32')),
  ),
  wrong('linearCrossEntropy: weight: expected [V, C] = [any, 3], got [5, 2]', () =>
    linearCrossEntropy(ones(2, 3), ones(5, 2), ints(2)),
  ),
  wrong('linearLogProbs: labels: expected [..] = [2], got [3]', () =>
    linearLogProbs(ones(2, 3), ones(5, 3), ints(3)),
  ),
  wrong('crossEntropy: labels: expected 0 to 4 or -100, got -1 at index 0', () =>
    linearCrossEntropy(ones(2, 3), ones(5, 3), tf.tensor1d([-1, 0], 'int32')),
  ),
  wrong('logProbs: labels: expected [..] = [2], got [3]', () => logProbs(ones(2, 5), ints(3))),
];

function wrong(message: string, call: () => unknown): WrongCall {
  return { name: message, call, message };
}
