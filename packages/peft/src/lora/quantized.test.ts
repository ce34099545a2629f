// QLoRA (Dettmers et al. 2023, arXiv 2305.14314): adapters beside a frozen quantised layer.
import {
  Generator,
  nn,
  QuantizedWeight,
  tf,
  useBackend,
  valueAndGrads,
  type Tensor,
} from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { addLora, mergeAdapter } from '../index.ts';

/** [8, 32] weights of Q8_0: scale 1/64, quants −8 … 7. */
function quantizedLayer(): nn.QuantizedLinear {
  const blocks = new Uint8Array(8 * 34);
  for (let row = 0; row < 8; row++) {
    blocks.set([0x00, 0x24], row * 34); // 2^-6 in float16
    for (let i = 0; i < 32; i++) blocks[row * 34 + 2 + i] = ((row * 32 + i) % 16) - 8;
  }
  return new nn.QuantizedLinear(new QuantizedWeight('Q8_0', [8, 32], blocks));
}

class Holder extends nn.Module {
  qProj: nn.Module & { forward(x: Tensor): Tensor } = quantizedLayer();
}

describe.each(['native', 'cpu'] as const)('LoRA on a quantised layer, %s', (backend) => {
  beforeAll(() => useBackend(backend));

  it('trains the adapters with the gradients that a float32 layer gives them', () => {
    const holder = new Holder();
    addLora(holder, { rank: 2, alpha: 4, targetModules: ['q_proj'], generator: new Generator(3) });
    const parameters = holder.trainableParameters();
    expect(parameters.map(({ shape }) => shape)).toEqual([
      [2, 32],
      [8, 2],
    ]);
    const [loraA, loraB] = parameters as [tf.Variable, tf.Variable];
    loraB.assign(new Generator(4).normal([8, 2]));
    const x = new Generator(5).normal([3, 32]);
    const { value, grads } = valueAndGrads(
      () => tf.sum(tf.square(holder.qProj.forward(x))) as tf.Tensor,
      parameters,
    );
    const weight = quantizedLayer().weight.dequantize();
    const plain = valueAndGrads(() => {
      const scaled = tf.mul(tf.matMul(tf.matMul(x, loraA, false, true), loraB, false, true), 2);
      return tf.sum(tf.square(tf.add(tf.matMul(x, weight, false, true), scaled)));
    }, parameters);
    expect(value.dataSync()[0]).toBeCloseTo(plain.value.dataSync()[0]!, 2);
    for (const [i, gradient] of grads.entries()) {
      const expected = plain.grads[i]!.dataSync();
      for (const [j, got] of gradient.dataSync().entries())
        expect(got).toBeCloseTo(expected[j]!, 2);
    }
  });

  it('refuses to merge into it, and says what to do', () => {
    const holder = new Holder();
    addLora(holder, { rank: 2, targetModules: ['q_proj'] });
    expect(() => mergeAdapter(holder)).toThrow(
      "mergeAdapter: qProj: expected a float32 weight, got Q8_0. Load the model with weights: 'float32'.",
    );
  });
});
