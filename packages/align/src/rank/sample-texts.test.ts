import { tf, useBackend } from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { EOS, tinyModel } from '../tiny-model.test-support.ts';
import { sampleTexts } from './sample-texts.ts';

beforeAll(() => useBackend('cpu'));

/** One letter a token: a = 2, b = 3, …; EOS is written $. */
const tokenizer = {
  eosTokenId: EOS,
  encode: (text: string) => [...text].map((letter) => letter.charCodeAt(0) - 95),
  decode: (ids: readonly number[]) =>
    ids.map((id) => (id === EOS ? '$' : String.fromCharCode(id + 95))).join(''),
};

describe('sampleTexts', () => {
  const options = { samples: 5, maxNewTokens: 12, batchSize: 4, seed: 2 };

  it('gives each prompt its own answers, without the stop token, the same for the same seed', async () => {
    const model = tinyModel(5);
    const texts = await sampleTexts(model, tokenizer, ['ab', 'c'], options);
    expect(texts.map((answers) => answers.length)).toEqual([5, 5]);
    expect(new Set(texts.flat()).size).toBeGreaterThan(5);
    expect(texts.flat().join('')).not.toContain('$');
    expect(texts.flat().some((text) => text.length < 12)).toBe(true); // some ended by themselves
    expect(await sampleTexts(model, tokenizer, ['ab', 'c'], options)).toEqual(texts);
    model.dispose();
  });

  it('leaks nothing', async () => {
    const model = tinyModel(5);
    const before = tf.memory().numTensors;
    await sampleTexts(model, tokenizer, ['ab'], options);
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });
});
