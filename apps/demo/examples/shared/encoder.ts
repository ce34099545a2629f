// The small BERT of the examples: `masked-lm` trains and keeps it, `spam` and `entities` go on from it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Generator } from '@llm/tensor';
import { Tokenizer, trainWordPiece } from '@llm/tokenizer';
import { createEncoder, loadEncoder } from '@llm/transformer';
import type { EncoderChoices, EncoderModel } from '@llm/transformer';
import { loadBrown, plainText, splitTexts } from '../data/brown.ts';
import { loadMails, type Mail } from '../data/mails.ts';
import type { ExampleSettings } from './settings.ts';
import { split } from './split.ts';

/** Tokens that the encoder reads at once. */
export const LENGTH = 128;

export interface Special {
  readonly pad: number;
  readonly cls: number;
  readonly sep: number;
  readonly mask: number;
  readonly all: readonly number[];
}

/** The ids of BERT's special tokens. */
export function specialTokens(tokenizer: Tokenizer): Special {
  const id = (token: string): number => {
    const found = tokenizer.tokenToId(token);
    if (found === undefined) throw new Error(`tokenizer: expected a token ${token}, got none.`);
    return found;
  };
  const [pad, unk, cls, sep, mask] = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'].map(id) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return { pad, cls, sep, mask, all: [pad, unk, cls, sep, mask] };
}

/** Mails to learn from, and mails to test with: the same for every example, so that no test mail is
 *  among those the encoder was pretrained on. */
export async function splitMails(isSmall: boolean): Promise<{ train: Mail[]; heldOut: Mail[] }> {
  return split(await loadMails(isSmall ? 8 : 1), 0.2);
}

/** The texts of the Brown corpus and of the mails that are not held out. */
export async function encoderTexts({ isSmall }: ExampleSettings): Promise<{
  train: string[];
  heldOut: string[];
}> {
  const brown = splitTexts(await loadBrown(isSmall ? 12 : 1));
  const mails = await splitMails(isSmall);
  return {
    train: [...brown.train.map(plainText), ...mails.train.map(({ text }) => text)],
    heldOut: brown.heldOut.map(plainText),
  };
}

/** WordPiece with capitals, which names need. */
export function trainEncoderTokenizer(texts: readonly string[], vocabSize: number) {
  return trainWordPiece(texts, {
    vocabSize,
    normalizer: {
      ...{ type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true },
      ...{ strip_accents: false, lowercase: false },
    },
  });
}

export function newEncoder(
  tokenizer: Tokenizer,
  choices: EncoderChoices,
  { isSmall, generator }: { isSmall: boolean; generator: Generator },
): EncoderModel {
  const sizes = isSmall
    ? { hiddenSize: 64, numHiddenLayers: 2, numAttentionHeads: 2, intermediateSize: 128 }
    : { hiddenSize: 128, numHiddenLayers: 2, numAttentionHeads: 4, intermediateSize: 512 };
  const config = {
    ...{ modelType: 'bert', vocabSize: tokenizer.vocabSize, maxPositionEmbeddings: LENGTH },
    ...{ typeVocabSize: 1, hiddenDropoutProb: 0.1, attentionProbsDropoutProb: 0 },
    ...{ padTokenId: specialTokens(tokenizer).pad, initializerRange: 0.06, ...sizes },
  };
  return createEncoder(config, { ...choices, generator });
}

export const encoderFolder = ({ folder, isSmall }: ExampleSettings): string =>
  join(folder, isSmall ? 'encoder-small' : 'encoder');

/** The pretrained body with a new head. @throws Error when `masked-lm` has not been run */
export async function loadPretrained(
  settings: ExampleSettings,
  choices: EncoderChoices,
  generator: Generator,
): Promise<{ model: EncoderModel; tokenizer: Tokenizer }> {
  const folder = encoderFolder(settings);
  if (!existsSync(join(folder, 'model.safetensors'))) {
    throw new Error(
      `--folder: ${folder}: expected the encoder that \`npm run example -- masked-lm\` writes, got none. Run that first.`,
    );
  }
  const tokenizer = await Tokenizer.load(folder);
  return { model: await loadEncoder(folder, { ...choices, generator }), tokenizer };
}
