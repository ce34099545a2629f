// Gradients of every kind of LoRA against central differences, on every backend.
import { Generator, nn, tf, useBackend, valueAndGrads, type Tensor } from '@llm/tensor';
import { describe, expect, it } from 'vitest';
import { addLora, type LoraOptions } from '../index.ts';
import { ConvNet } from '../test/conv-net.ts';

type Net = nn.Module & { forward(x: Tensor): Tensor };

/** ids [4] → [4, 2] */
class WordNet extends nn.Module {
  embed: Net = new nn.Embedding(5, 3, { generator: new Generator(1) });
  norm: Net = new nn.LayerNorm(3, {});
  head: Net = new nn.Linear(3, 2, { generator: new Generator(2) });
  forward(ids: Tensor): Tensor {
    return this.head.forward(this.norm.forward(this.embed.forward(ids)));
  }
}

const words = (): [Net, Tensor] => [new WordNet(), tf.tensor1d([1, 4, 2, 2], 'int32')];
function image(): [Net, Tensor] {
  const net = new ConvNet(tf.tanh);
  const generator = new Generator(3);
  for (const parameter of net.parameters()) {
    nn.assignParameter(parameter, generator.normal(parameter.shape, 0, 0.5), 'value');
  }
  return [net, generator.normal([1, 5, 4, 3])];
}

const cases: [what: string, make: () => [Net, Tensor], options: LoraOptions][] = [
  ['linear, biases of the model', words, { targetModules: ['head'], bias: 'all' }],
  ["linear, B's bias", words, { targetModules: ['head'], loraBias: true }],
  ['an embedding', words, { targetModules: ['embed'] }],
  ['PiSSA', words, { targetModules: ['head'], init: 'pissa' }],
  ['a module in full', words, { targetModules: ['embed'], modulesToSave: ['head'] }],
  ['convolutions', image, { targetModules: ['conv', 'conv1'] }],
  ["DoRA's lengths", words, { targetModules: ['head', 'embed'], useDora: true }],
  ["DoRA's lengths of convolutions", image, { targetModules: ['conv', 'conv1'], useDora: true }],
];

describe.each(['native', 'wasm', 'cpu'] as const)('gradients on %s', (backend) => {
  it.each(cases)('of %s are the slopes of the loss', async (_what, make, options) => {
    await useBackend(backend);
    const [net, x] = make();
    addLora(net, { rank: 2, alpha: 3, ...options, generator: new Generator(4) });
    const named = Array.from(net.namedParameters()).filter(([, { trainable }]) => trainable);
    const trained = named.map(([, parameter]) => parameter);
    for (const parameter of trained) {
      const noise = new Generator(parameter.size).normal(parameter.shape, 0, 0.3);
      nn.assignParameter(parameter, tf.add(parameter, noise), 'value');
    }
    const loss = () => tf.sum(tf.square(net.forward(x))) as Tensor;
    // The norms of DoRA count as constants, so that the slopes of A and B are not their gradients (variants.test.ts has those)
    const lengths = named.filter(([path]) => path.endsWith('magnitude'));
    const checked = options.useDora ? lengths.map(([, parameter]) => parameter) : trained;
    expect(checked).not.toHaveLength(0);
    const { value, grads } = valueAndGrads(loss, checked);
    const scale = Math.max(1, value.dataSync()[0]!);
    for (const [i, parameter] of checked.entries()) {
      const slopes = slopesOf(loss, parameter);
      const got = grads[i]!.dataSync();
      for (const [k, slope] of slopes.entries()) {
        expect(Math.abs(got[k]! - slope), `parameter ${i}, element ${k}`).toBeLessThan(
          2e-3 * scale,
        );
      }
      expect(Math.max(...slopes.map(Math.abs))).toBeGreaterThan(0);
    }
    net.dispose();
  });
});

/** (f(p + h) − f(p − h)) / 2h for up to six elements; h = 1e-2 balances rounding against the third derivative. */
function slopesOf(loss: () => Tensor, parameter: tf.Variable): number[] {
  const values = Float32Array.from(parameter.dataSync());
  const at = (k: number, shift: number) => {
    const shifted = Float32Array.from(values);
    shifted[k]! += shift;
    nn.assignParameter(parameter, tf.tensor(shifted, parameter.shape), 'value');
    return tf.tidy(() => loss().dataSync()[0]!);
  };
  const slopes = Array.from({ length: Math.min(6, values.length) }, (_, k) => {
    return (at(k, 1e-2) - at(k, -1e-2)) / 2e-2;
  });
  nn.assignParameter(parameter, tf.tensor(values, parameter.shape), 'value');
  return slopes;
}
