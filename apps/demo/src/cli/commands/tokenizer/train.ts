// `llm tokenizer train`: text in, a byte-level BPE tokenizer out.
import { trainBpe } from '@llm/tokenizer';
import { readTexts } from '../../../data/text-files.ts';
import { END_OF_TEXT } from '../../../pipeline/special-tokens.ts';
import { UsageError } from '../../command.ts';
import type { Output } from '../../output.ts';
import { checkFolder } from '../../run-folder-check.ts';

export interface TrainValues {
  readonly data: readonly string[];
  readonly out: string | undefined;
  readonly special: readonly string[];
  readonly 'vocab-size': number | undefined;
  readonly 'min-frequency': number | undefined;
}

async function* counted(paths: readonly string[], size: { bytes: number }): AsyncGenerator<string> {
  for await (const { text } of readTexts(paths)) {
    size.bytes += Buffer.byteLength(text);
    yield text;
  }
}

export async function train(
  values: TrainValues,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  if (values.data.length === 0)
    throw new UsageError('--data: expected at least one file, got none.');
  if (values.out === undefined) throw new UsageError('--out: expected a value, got none.');
  await checkFolder(values.out);
  const vocabSize = values['vocab-size'] ?? 8192;
  const specialTokens = values.special.length > 0 ? values.special : [END_OF_TEXT];
  const progress = output.progress('tokenizer', vocabSize);
  const size = { bytes: 0 };
  const tokenizer = await trainBpe(counted(values.data, size), {
    vocabSize,
    specialTokens,
    minFrequency: values['min-frequency'] ?? 2,
    bosToken: specialTokens[0],
    eosToken: specialTokens[0],
    signal,
    onProgress: ({ phase, done }) => phase === 'merge' && progress.update(done),
  });
  progress.finish([`${tokenizer.vocabSize} tokens`, `${size.bytes} bytes read`]);
  await tokenizer.save(values.out);
  if (tokenizer.vocabSize < vocabSize) {
    output.note(
      `the data gives ${tokenizer.vocabSize} tokens, not ${vocabSize}: no more pairs to merge`,
    );
  }
  output.json({ out: values.out, vocabSize: tokenizer.vocabSize, bytes: size.bytes });
  output.line(`${values.out}: ${tokenizer.vocabSize} tokens`);
}
