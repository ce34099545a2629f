// `llm fill-mask`: what an encoder trained on masked words would put in the place of each mask.
import { scope, tf } from '@llm/tensor';
import type { EncoderModel } from '@llm/transformer';
import type { Tokenizer } from '@llm/tokenizer';
import { openMaskedLm } from '../../models/open-model.ts';
import { maskId } from '../../models/pretraining-tokenizer.ts';
import { encoderLength } from '../../models/sentence-settings.ts';
import { defineCommand } from '../command.ts';
import { startBackend } from '../start-backend.ts';

export interface Candidate {
  readonly id: number;
  readonly token: string;
  readonly probability: number;
}

/** The likeliest tokens at each of `places`. @returns one list for each, likeliest first */
function candidates(
  model: EncoderModel,
  ids: readonly number[],
  { places, top }: { readonly places: readonly number[]; readonly top: number },
): Omit<Candidate, 'token'>[][] {
  return scope(() => {
    const inputIds = tf.tensor2d([...ids], [1, ids.length], 'int32');
    const hidden = tf.squeeze(model.hiddenStates(inputIds), [0]); // [T, C]
    const logits = model.logits(tf.gather(hidden, tf.tensor1d([...places], 'int32'))); // [N, V]
    const { values, indices } = tf.topk(tf.softmax(logits), Math.min(top, logits.shape.at(-1)!));
    const [shares, tokens] = [values.arraySync(), indices.arraySync()] as [number[][], number[][]];
    return tokens.map((row, i) => row.map((id, k) => ({ id, probability: shares[i]![k]! })));
  });
}

function checkedIds(text: string, tokenizer: Tokenizer, model: EncoderModel): number[] {
  const ids = tokenizer.encode(text);
  const longest = encoderLength(model);
  if (ids.length > longest) {
    throw new Error(
      `--text: expected at most ${longest} tokens, what the model reads, got ${ids.length}. Shorten it.`,
    );
  }
  return ids;
}

export const command = defineCommand({
  name: 'fill-mask',
  summary: 'Fills the masks of a text in, with an encoder trained on masked words.',
  usage: ['fill-mask --model M --text "Paris is the capital of [MASK]." [--top 5] [--json]'],
  options: {
    model: {
      type: 'string',
      description:
        'Hugging Face folder of a BERT, RoBERTa, DistilBERT or ModernBERT, or hub:org/name',
      placeholder: 'PATH',
      required: true,
    },
    text: {
      type: 'string',
      description: "the text, with the tokenizer's mask ([MASK] or <mask>) where words are wanted",
      required: true,
    },
    top: { type: 'integer', description: 'candidates for each mask', default: 5, minimum: 1 },
  },
  async run({ values, output }) {
    await startBackend(values);
    const { model, tokenizer } = await openMaskedLm(values.model);
    try {
      const ids = checkedIds(values.text, tokenizer, model);
      const mask = maskId(tokenizer);
      const places = Array.from(ids.keys()).filter((i) => ids[i] === mask);
      if (places.length === 0) {
        throw new Error(
          `--text: expected at least one ${tokenizer.idToToken(mask)}, got none. Write it where a word is wanted.`,
        );
      }
      const masks = candidates(model, ids, { places, top: values.top }).map((list) =>
        list.map(({ id, probability }) => ({ id, token: tokenizer.decode([id]), probability })),
      );
      output.json({ masks });
      if (output.isJson) return;
      for (const [i, list] of masks.entries()) {
        if (masks.length > 1) output.note(`mask ${i + 1}:`);
        for (const { token, probability } of list)
          output.line(`${(100 * probability).toFixed(1).padStart(5)} %  ${token}`);
      }
    } finally {
      model.dispose();
    }
  },
});
