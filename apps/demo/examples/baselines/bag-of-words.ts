// Logistic regression on the tokens that occur in a text, their order aside: the baseline of text
// classification. The same tokens, optimizer and loop as the encoder's.
import { crossEntropy, Generator, nn, scope, tf, type Tensor } from '@llm/tensor';
import { batchesOf } from '../shared/batches.ts';
import type { ExampleSettings } from '../shared/settings.ts';
import { trainFor } from '../shared/train-for.ts';

interface Example {
  readonly inputIds: readonly number[];
  readonly label: number;
}

interface Batch {
  readonly words: Tensor; // [B, V], 1 where a token occurs
  readonly labels: Tensor; // [B]
}

/** Trains on `train`. @returns the predicted class, 0 or 1, of each of `heldOut` */
export async function bagOfWords(
  train: readonly Example[],
  heldOut: readonly Example[],
  settings: ExampleSettings,
): Promise<number[]> {
  const vocabSize =
    1 + Math.max(...[...train, ...heldOut].map(({ inputIds }) => Math.max(...inputIds)));
  const generator = new Generator(settings.seed);
  const model = new nn.Linear(vocabSize, 2, { generator, std: 0.01 });
  try {
    await trainFor<Batch>(
      { ...settings, steps: undefined },
      {
        ...{ name: 'bag of words', model, generator, learningRate: 0.02, steps: 400 },
        batches: batchesOf(train, { batchSize: 64, seed: settings.seed }, (rows) => ({
          words: occurrences(rows, vocabSize),
          labels: tf.tensor1d(
            rows.map(({ label }) => label),
            'int32',
          ),
        })),
        loss: ({ words, labels }) => crossEntropy(model.forward(words), labels),
        tokens: ({ labels }) => labels.size,
      },
    );
    return scope(() =>
      Array.from(tf.argMax(model.forward(occurrences(heldOut, vocabSize)), -1).dataSync()),
    );
  } finally {
    model.dispose();
  }
}

function occurrences(rows: readonly Example[], vocabSize: number): Tensor {
  const values = new Float32Array(rows.length * vocabSize);
  for (const [i, { inputIds }] of rows.entries())
    for (const id of inputIds) values[i * vocabSize + id] = 1;
  return tf.tensor2d(values, [rows.length, vocabSize]);
}
