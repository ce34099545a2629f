// `llm score`: the logits after a sequence and how likely the model finds the sequence itself.
import { crossEntropy, logProbs, scope, tf, type Tensor } from '@llm/tensor';
import type { CausalLm } from '@llm/transformer';
import { defineCommand } from '../command.ts';
import { openModelOnly } from '../../models/open-model.ts';
import { MODEL_INPUT_OPTIONS, promptIds } from '../model-input.ts';
import { startBackend } from '../start-backend.ts';

export interface Score {
  /** [token id, logit], highest first. */
  readonly logits: readonly (readonly [number, number])[];
  /** Mean negative log-likelihood of ids 1… given those before, in nats; null for a single id. */
  readonly nll: number | null;
  /** With --each: ids 1… with their log-probability given those before. */
  readonly tokens?: readonly { readonly id: number; readonly logprob: number }[];
}

function topLogits(values: ArrayLike<number>, count: number): [number, number][] {
  return Array.from(values, (value, id): [number, number] => [id, value])
    .sort((a, b) => b[1] - a[1] || a[0] - b[0])
    .slice(0, count);
}

export function scoreIds(
  model: CausalLm,
  ids: readonly number[],
  top: number,
  each = false,
): Score {
  return scope(() => {
    const logits = model.forward(tf.tensor2d([...ids], [1, ids.length], 'int32')); // [1, T, V]
    const vocabSize = logits.shape[2] as number;
    const last = tf.slice(logits, [0, ids.length - 1, 0], [1, 1, vocabSize]).dataSync();
    if (ids.length === 1)
      return { logits: topLogits(last, top), nll: null, ...(each && { tokens: [] }) };
    const predicted = tf.slice(logits, [0, 0, 0], [1, ids.length - 1, vocabSize]);
    const labels = tf.tensor2d(ids.slice(1), [1, ids.length - 1], 'int32');
    return {
      logits: topLogits(last, top),
      nll: crossEntropy(predicted, labels).dataSync()[0] as number,
      ...(each && { tokens: tokenLogprobs(predicted, labels, ids) }),
    };
  });
}

function tokenLogprobs(predicted: Tensor, labels: Tensor, ids: readonly number[]) {
  const values = logProbs(predicted, labels).dataSync();
  return Array.from(values, (logprob, i) => ({ id: ids[i + 1] as number, logprob }));
}

export const command = defineCommand({
  name: 'score',
  summary:
    'Prints the next-token logits after a text and the mean negative log-likelihood of the text.',
  usage: ['score --model M --prompt TEXT [--top 20]', 'score --model M --ids 1,2,3 --json'],
  options: {
    ...MODEL_INPUT_OPTIONS,
    top: { type: 'integer', description: 'how many logits to print', default: 20, minimum: 1 },
    each: { type: 'boolean', description: 'also the log-probability of each token' },
  },
  async run({ values, output }) {
    await startBackend(values);
    const { model, tokenizer, ids } = await promptIds(values, openModelOnly);
    try {
      const score = scoreIds(model, ids, values.top, values.each);
      output.json(score);
      if (output.isJson) return;
      if (score.nll !== null) output.line(`nll ${score.nll.toFixed(4)} nats a token`);
      const line = (id: number, value: number): void => {
        const text = tokenizer ? `  ${JSON.stringify(tokenizer.decode([id]))}` : '';
        output.line(`${String(id).padStart(7)}  ${value.toFixed(4).padStart(9)}${text}`);
      };
      for (const { id, logprob } of score.tokens ?? []) line(id, logprob);
      if (score.tokens) output.line();
      for (const [id, value] of score.logits) line(id, value);
    } finally {
      model.dispose();
    }
  },
});
