// Activations kept in bfloat16, on one backend: the loss does not see it, gradients are those of the rounded
// activations, half the bytes are kept, and training goes the same way.
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  activationStorage,
  adamWStep,
  attention,
  checkpoint,
  gelu,
  Generator,
  layerNorm,
  linear,
  memoryStats,
  nn,
  rmsNorm,
  scope,
  setActivationStorage,
  silu,
  swiglu,
  tf,
  useBackend,
  valueAndGrads,
  type ActivationStorage,
  type BackendName,
  type Tensor,
  type Variable,
} from '../../src/index.ts';

const [B, T, H, D] = [2, 5, 2, 8];
const C = H * D;
const generator = new Generator(5);
const numbers = (x: Tensor): number[] => Array.from(x.dataSync());

/** To the nearest bfloat16, ties to even. */
function rounded(x: Tensor): Tensor {
  const words = new Uint32Array((x.dataSync() as Float32Array).slice().buffer);
  const halves = words.map((word) => (word + 0x7fff + ((word >>> 16) & 1)) & 0xffff0000);
  return tf.tensor(new Float32Array(halves.buffer), x.shape);
}

function withStorage<R>(storage: ActivationStorage, fn: () => R): R {
  setActivationStorage(storage);
  try {
    return fn();
  } finally {
    setActivationStorage('float32');
  }
}

/** Operations whose gradient reads nothing of the forward pass but their inputs. */
const OPERATIONS: Record<string, (x: Tensor) => Tensor> = {
  linear: (x) => linear(x, weights.square),
  layerNorm: (x) => layerNorm(x, weights.gain, weights.bias),
  rmsNorm: (x) => rmsNorm(x, weights.gain),
  gelu: (x) => gelu(x),
  silu: (x) => silu(x),
  swiglu: (x) => swiglu(x, tf.add(x, 0)),
  relu: (x) => tf.relu(x),
  conv2d: (x) => tf.conv2d(tf.reshape(x, [1, B, T, C]) as tf.Tensor4D, weights.filter, 1, 'same'),
};
let weights: { square: Variable; gain: Variable; bias: Variable; filter: tf.Variable<tf.Rank.R4> };

/** Gradients of Σ operation(h)·dy for an activation h of these values, and of the operation's weights. */
function gradientsAt(values: Tensor, operation: (x: Tensor) => Tensor): number[][] {
  const x = tf.variable(values);
  const variables = [x, ...Object.values(weights)];
  const { value, grads } = valueAndGrads(() => {
    const y = operation(tf.add(x, 0));
    return tf.sum(tf.mul(y, tf.reshape(tf.linspace(-1, 1, y.size), y.shape)));
  }, variables);
  const result = grads.map(numbers);
  tf.dispose([x, value, ...grads]);
  return result;
}

/** A transformer block: every kind of saved activation. */
class Block extends nn.Module {
  norm = new nn.RMSNorm(C);
  secondNorm = new nn.LayerNorm(C);
  qkv = new nn.Linear(C, 3 * C, { generator });
  up = new nn.Linear(C, 4 * C, { generator });
  down = new nn.Linear(4 * C, C, { generator });

  forward(x: Tensor): Tensor {
    const parts = tf.split(this.qkv.forward(this.norm.forward(x)), 3, -1);
    const [q, k, v] = parts.map((part) => tf.reshape(part, [B, T, H, D])) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const middle = tf.add(x, tf.reshape(attention(q, k, v), [B, T, C]));
    const hidden = gelu(this.up.forward(this.secondNorm.forward(middle)));
    return tf.add(middle, this.down.forward(hidden));
  }
}

/** Learns to reverse the order of the features of its inputs. */
class Tower extends nn.Module {
  blocks = [0, 1, 2].map(() => new Block());
  readonly x = generator.normal([B, T, C]);

  loss(isCheckpointed = false): Tensor {
    return tf.tidy(() => {
      let hidden: Tensor = this.x;
      for (const block of this.blocks) {
        const input = hidden;
        const run = (x: Tensor) => block.forward(x);
        hidden = scope(() => (isCheckpointed ? checkpoint(run, [input]) : run(input)));
      }
      return tf.mean(tf.square(tf.sub(hidden, tf.reverse(this.x, -1))));
    });
  }
}

function outcome(model: Tower, storage: ActivationStorage, isCheckpointed = false): number[][] {
  const { value, grads } = withStorage(storage, () =>
    valueAndGrads(() => model.loss(isCheckpointed), model.parameters()),
  );
  const result = [value, ...grads].map(numbers);
  tf.dispose([value, ...grads]);
  return result;
}

/** ‖a − b‖ / ‖b‖ */
function distance(a: readonly number[], b: readonly number[]): number {
  const norm = (x: readonly number[]) => Math.sqrt(x.reduce((sum, v) => sum + v * v, 0));
  return norm(a.map((v, i) => v - b[i]!)) / norm(b);
}

function losses(storage: ActivationStorage, steps: number): number[] {
  generator.setState({ seed: 11, counter: 0 });
  const model = new Tower();
  const params = model.parameters();
  const zeros = () => params.map((p) => tf.variable(tf.zerosLike(p), false));
  const [mu, nu] = [zeros(), zeros()];
  const options = { learningRate: 1e-2, b1: 0.9, b2: 0.99, eps: 1e-8, weightDecay: 0 };
  const curve = Array.from({ length: steps }, (_, i) => {
    const { value, grads } = withStorage(storage, () => valueAndGrads(() => model.loss(), params));
    adamWStep({ params, grads, mu, nu }, { ...options, step: i + 1 });
    const [loss] = value.dataSync();
    tf.dispose([value, ...grads]);
    return loss!;
  });
  tf.dispose([...mu, ...nu, model.x]);
  model.dispose();
  return curve;
}

export function runActivationStorage(backend: BackendName): void {
  describe(`activation storage on ${backend}`, () => {
    let model: Tower;
    beforeAll(async () => {
      await useBackend(backend);
      generator.setState({ seed: 5, counter: 0 });
      model = new Tower();
      weights = {
        square: tf.variable(generator.normal([C, C])),
        gain: tf.variable(generator.normal([C])),
        bias: tf.variable(generator.normal([C])),
        filter: tf.variable(generator.normal([3, 3, C, 3]) as tf.Tensor4D),
      };
    });
    afterEach(() => setActivationStorage('float32'));

    for (const [name, operation] of Object.entries(OPERATIONS)) {
      it(`gives the gradients of ${name} at the rounded activation, to the bit`, () => {
        const x = generator.normal([B, T, C]);
        const kept = withStorage('bfloat16', () => gradientsAt(x, operation));
        expect(kept).toEqual(gradientsAt(rounded(x), operation));
        if (name !== 'relu') expect(kept).not.toEqual(gradientsAt(x, operation)); // it reads signs
      });
    }

    it('leaves the loss as it is, to the bit, and moves gradients by no more than bfloat16 does', () => {
      const [loss, ...grads] = outcome(model, 'float32');
      const [half, ...halves] = outcome(model, 'bfloat16');
      expect(half).toEqual(loss);
      // A gradient goes through at most 4 saved tensors of each of the 3 blocks, off by 2⁻⁹ each (and most of that
      // averages out).
      for (const [i, grad] of grads.entries()) {
        expect(distance(halves[i]!, grad)).toBeLessThan(12 * 2 ** -9);
      }
      expect(halves).not.toEqual(grads);
    });

    it('gives the same bits with checkpoints', () => {
      expect(outcome(model, 'bfloat16', true)).toEqual(outcome(model, 'bfloat16'));
    });

    it('trains along the same curve, within 2 % for 25 steps', () => {
      const whole = losses('float32', 25);
      const half = losses('bfloat16', 25);
      expect(whole[24]).toBeLessThan(whole[0]! / 4);
      expect(half).not.toEqual(whole);
      half.forEach((loss, i) => expect(Math.abs(loss / whole[i]! - 1)).toBeLessThan(0.02));
    });

    // Only native counts each buffer once, whatever refers to it.
    it.runIf(backend === 'native')(
      'keeps half the bytes, and once what two operations read',
      () => {
        const kept = (storage: ActivationStorage): number => {
          let bytes = 0;
          const { value, grads } = withStorage(storage, () =>
            valueAndGrads(() => {
              const before = memoryStats().liveBytes;
              const sum = scope(() => {
                const x = tf.add(weights.gain, generator.uniform([B, T, C]));
                return tf.sum(tf.add(linear(x, weights.square), silu(x)));
              });
              bytes = memoryStats().liveBytes - before - 4; // the sum's own
              return sum;
            }, Object.values(weights)),
          );
          tf.dispose([value, ...grads]);
          return bytes;
        };
        expect(kept('float32')).toBe(4 * B * T * C);
        expect(kept('bfloat16')).toBe(2 * B * T * C);
      },
    );

    it('leaves nothing behind, also when something throws', () => {
      const before = tf.memory().numTensors;
      outcome(model, 'bfloat16');
      const failing = () =>
        valueAndGrads(() => {
          model.loss();
          throw new Error('on purpose');
        }, model.parameters());
      expect(() => withStorage('bfloat16', failing)).toThrow('on purpose');
      expect(tf.memory().numTensors).toBe(before);
    });

    it('says what is set, and refuses what is unknown', () => {
      expect(activationStorage()).toBe('float32');
      setActivationStorage('bfloat16');
      expect(activationStorage()).toBe('bfloat16');
      expect(() => setActivationStorage('half' as 'bfloat16')).toThrow(
        'setActivationStorage: storage: expected float32 or bfloat16, got half.',
      );
    });
  });
}
