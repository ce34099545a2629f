// checkpoint on one backend: the same bits as without, dropout included, in every nesting, and
// nothing left behind.
import { beforeAll, describe, expect, it } from 'vitest';
import {
  attention,
  checkpoint,
  gelu,
  Generator,
  layerNorm,
  linear,
  linearCrossEntropy,
  nn,
  scope,
  tf,
  useBackend,
  valueAndGrads,
  type BackendName,
  type Tensor,
} from '../../src/index.ts';

type Wrap = (fn: (x: Tensor, mask: Tensor) => Tensor, inputs: [Tensor, Tensor]) => Tensor;
const plain: Wrap = (fn, inputs) => fn(...inputs);

const [B, T, H, D, V] = [2, 3, 2, 4, 11];
const C = H * D;

/** A transformer block with dropout in attention and behind the MLP. */
class Block extends nn.Module {
  norm = new nn.LayerNorm(C);
  qkv: nn.Linear;
  up: nn.Linear;
  down: nn.Linear;
  dropout: nn.Dropout;

  constructor(readonly generator: Generator) {
    super();
    this.qkv = new nn.Linear(C, 3 * C, { generator });
    this.up = new nn.Linear(C, 2 * C, { generator });
    this.down = new nn.Linear(2 * C, C, { generator, hasBias: false });
    this.dropout = new nn.Dropout(0.3, { generator });
  }

  forward(x: Tensor, mask: Tensor): Tensor {
    const parts = tf.split(this.qkv.forward(this.norm.forward(x)), 3, -1);
    const [q, k, v] = parts.map((part) => tf.reshape(part, [B, T, H, D])) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const options = { mask, dropout: 0.2, seed: this.generator.nextSeed() };
    const middle = tf.add(x, tf.reshape(attention(q, k, v, options), [B, T, C]));
    return tf.add(middle, this.dropout.forward(this.down.forward(gelu(this.up.forward(middle)))));
  }
}

class Tower extends nn.Module {
  embedding: nn.Embedding; // tied to the loss
  blocks: Block[];
  readonly generator = new Generator(7);

  constructor() {
    super();
    this.embedding = new nn.Embedding(V, C, { generator: this.generator, std: 0.5 });
    this.blocks = [0, 1, 2].map(() => new Block(this.generator));
  }

  loss(wrap: Wrap): Tensor {
    const ids = tf.tensor2d([1, 2, 3, 4, 5, 6], [B, T], 'int32');
    const mask = tf.tensor2d([1, 1, 1, 0, 1, 1], [B, T], 'int32'); // freed before the backward pass
    let hidden = this.embedding.forward(ids);
    for (const block of this.blocks) {
      const input = hidden;
      hidden = scope(() => wrap((x, m) => block.forward(x, m), [input, mask]));
    }
    return linearCrossEntropy(hidden, this.embedding.weight, ids);
  }
}

/** Loss, gradients and the next random number, by name. */
function outcome(model: Tower, wrap: Wrap): Record<string, number[]> {
  model.generator.setState({ seed: 3, counter: 0 });
  const names = [...model.namedParameters()];
  const { value, grads } = valueAndGrads(
    () => model.loss(wrap),
    names.map(([, parameter]) => parameter),
  );
  const numbers = [value, ...grads].map((tensor) => Array.from(tensor.dataSync()));
  tf.dispose([value, ...grads]);
  const labels = ['loss', ...names.map(([name]) => name)];
  return {
    ...Object.fromEntries(labels.map((label, i) => [label, numbers[i]!])),
    random: [model.generator.uniformNumber()],
  };
}

export function runCheckpoint(backend: BackendName): void {
  describe(`checkpoint on ${backend}`, () => {
    let model: Tower;
    beforeAll(async () => {
      await useBackend(backend);
      model = new Tower();
      model.train();
    });

    it('gives the same bits as without, dropout included, and draws no more random numbers', () => {
      expect(outcome(model, (fn, inputs) => checkpoint(fn, inputs))).toEqual(outcome(model, plain));
    });

    it('gives them inside another checkpoint too', () => {
      const twice: Wrap = (fn, inputs) =>
        checkpoint((x: Tensor, m: Tensor) => tf.mul(2, checkpoint(fn, [x, m])), inputs);
      const once: Wrap = (fn, inputs) => scope(() => tf.mul(2, fn(...inputs)));
      expect(outcome(model, twice)).toEqual(outcome(model, once));
    });

    it('gives them with frozen parameters', () => {
      const frozen = model.blocks[1]!.up.weight;
      const gradientOf = (wrap: Wrap) => {
        model.generator.setState({ seed: 3, counter: 0 });
        const { value, grads } = valueAndGrads(() => model.loss(wrap), [frozen]);
        const numbers = Array.from(grads[0]!.dataSync());
        tf.dispose([value, ...grads]);
        return numbers;
      };
      expect(gradientOf((fn, inputs) => checkpoint(fn, inputs))).toEqual(gradientOf(plain));
    });

    it("works under tfjs's own gradients", () => {
      const w = tf.variable(tf.tensor1d([1, 2, 3]));
      const f = (x: Tensor) => checkpoint((y: Tensor) => tf.mul(tf.tanh(y), w), [x]);
      const { value, grads } = tf.variableGrads(
        () => tf.sum(f(tf.tensor1d([0, 1, -1]))) as tf.Scalar,
        [w],
      );
      const tanh = [0, Math.tanh(1), Math.tanh(-1)];
      Array.from(grads[w.name]!.dataSync()).forEach((g, i) => expect(g).toBeCloseTo(tanh[i]!, 5));
      const dx = scope(() => tf.grad((x) => tf.sum(f(x)))(tf.tensor1d([0, 1, -1])));
      Array.from(dx.dataSync()).forEach((g, i) =>
        expect(g).toBeCloseTo((i + 1) * (1 - tanh[i]! ** 2), 5),
      );
      tf.dispose([value, grads, dx, w]);
    });

    it('just runs without a gradient around it', () => {
      const y = checkpoint((x: Tensor) => tf.square(x), [tf.scalar(3)]);
      expect(y.dataSync()[0]).toBe(9);
      y.dispose();
    });

    it('leaves nothing behind, also when the function throws, forwards or backwards', () => {
      const before = tf.memory().numTensors;
      outcome(model, (fn, inputs) => checkpoint(fn, inputs));
      let calls = 0;
      const failing =
        (call: number): Wrap =>
        (fn, inputs) =>
          checkpoint((x: Tensor, m: Tensor) => {
            calls += 1;
            const y = fn(x, m);
            if (calls === call) throw new Error('on purpose');
            return y;
          }, inputs);
      for (const call of [2, 5]) {
        calls = 0;
        expect(() => outcome(model, failing(call))).toThrow('on purpose');
      }
      expect(tf.memory().numTensors).toBe(before);
    });

    it('refuses a function that does something else when it runs again', () => {
      let size = 1;
      const w = tf.variable(tf.ones([4]));
      const grow = () => checkpoint(() => tf.slice(w, 0, size++), []);
      expect(() => valueAndGrads(() => tf.sum(grow()), [w])).toThrow(
        'checkpoint: fn: expected [1] as in the forward pass, got [2]. It must do the same',
      );
      w.dispose();
    });

    it('keeps the inputs of each call and the activations of one', () => {
      const depth = 12;
      const parts = Array.from({ length: depth }, () => tf.variable(tf.ones([C, C])));
      const bias = tf.ones([C]);
      const gain = tf.ones([C]);
      let kept = 0;
      const { value, grads } = valueAndGrads(() => {
        let hidden: Tensor = tf.ones([B, C]);
        const before = tf.memory().numDataBuffers;
        for (const part of parts) {
          const layer = (x: Tensor) => gelu(layerNorm(linear(gelu(x), part), gain, bias));
          const input = hidden;
          hidden = scope(() => checkpoint(layer, [input]));
          input.dispose();
        }
        kept = tf.memory().numDataBuffers - before;
        return tf.sum(hidden);
      }, parts);
      expect(kept).toBeLessThanOrEqual(depth + 1); // each call's input; without: five for a layer
      tf.dispose([value, ...grads, ...parts, bias, gain]);
    });
  });
}
