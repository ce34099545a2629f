// The tokenizer of a model that is trained from random weights: trained on its text, with the special
// tokens that its family's objective needs; and the ids of these in a tokenizer that was given.
import { Tokenizer, trainBpe, trainUnigram, trainWordPiece } from '@llm/tokenizer';
import { END_OF_TEXT } from '../pipeline/special-tokens.ts';
import type { Architecture } from './architectures.ts';

/** Sentinels of T5, as its authors have them. */
const SENTINELS = 100;
const sentinel = (k: number): string => `<extra_id_${k}>`;

type Texts = AsyncIterable<string>;
type Part = { readonly SpecialToken: { readonly id: string; readonly type_id: number } };

/** Encoders read capitals too: names are told by them. */
const CASED = {
  ...{ type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true },
  ...{ strip_accents: false, lowercase: false },
};

/** Byte-level BPE for decoders and BART, WordPiece for BERT, Unigram for T5. */
export async function trainTokenizerFor(
  architecture: Architecture,
  texts: Texts,
  vocabSize: number,
): Promise<Tokenizer> {
  if (architecture === 'bert') {
    const trained = await trainWordPiece(texts, { vocabSize, normalizer: CASED });
    const around = withTemplate(trained, ['[CLS]'], ['[SEP]']);
    const roles = { bosToken: '[CLS]', eosToken: '[SEP]', padToken: '[PAD]', unkToken: '[UNK]' };
    return new Tokenizer(around, { ...roles, config: { mask_token: '[MASK]' } });
  }
  if (architecture === 't5') {
    const specialTokens = [
      '<pad>',
      '</s>',
      ...Array.from({ length: SENTINELS }, (_, k) => sentinel(k)),
    ];
    const trained = await trainUnigram(texts, { vocabSize, specialTokens });
    const roles = { eosToken: '</s>', padToken: '<pad>', unkToken: '<unk>' };
    return new Tokenizer(withTemplate(trained, [], ['</s>']), roles);
  }
  if (architecture === 'bart') {
    const specialTokens = ['<s>', '<pad>', '</s>', '<mask>'];
    const trained = await trainBpe(texts, { vocabSize, specialTokens });
    const roles = { bosToken: '<s>', eosToken: '</s>', padToken: '<pad>' };
    const around = withTemplate(trained, ['<s>'], ['</s>']);
    return new Tokenizer(around, { ...roles, config: { mask_token: '<mask>' } });
  }
  const trained = await trainBpe(texts, { vocabSize, specialTokens: [END_OF_TEXT] });
  return new Tokenizer(trained.definition, { bosToken: END_OF_TEXT, eosToken: END_OF_TEXT });
}

/** The definition with tokens put before and after each text (TemplateProcessing of tokenizer.json). */
function withTemplate(tokenizer: Tokenizer, before: string[], after: string[]) {
  const special = (id: string): Part => ({ SpecialToken: { id, type_id: 0 } });
  const text = (id: 'A' | 'B') => ({ Sequence: { id, type_id: 0 } });
  const single = [...before.map(special), text('A'), ...after.map(special)];
  const entries = [...before, ...after].map((id) => {
    return [id, { id, ids: [tokenizer.tokenToId(id)!], tokens: [id] }] as const;
  });
  return {
    ...tokenizer.definition,
    postProcessor: {
      type: 'TemplateProcessing',
      single,
      pair: [...single, text('B'), ...after.map(special)],
      special_tokens: Object.fromEntries(entries),
    },
  };
}

/** @param names of the same thing in one tokenizer or another, such as `[MASK]` and `<mask>`
 *  @throws Error when the tokenizer has none of them */
export function specialId(tokenizer: Tokenizer, names: readonly string[]): number {
  const id = names.map((name) => tokenizer.tokenToId(name)).find((found) => found !== undefined);
  if (id !== undefined) return id;
  throw new Error(
    `--tokenizer: expected a token ${names.join(' or ')}, got none. Give one that is made for this --arch, or leave --tokenizer out.`,
  );
}

export const maskId = (tokenizer: Tokenizer): number => specialId(tokenizer, ['[MASK]', '<mask>']);
export const padId = (tokenizer: Tokenizer): number => specialId(tokenizer, ['[PAD]', '<pad>']);
/** What closes a text: BERT's separator is its end. */
export const endId = (tokenizer: Tokenizer): number => specialId(tokenizer, ['[SEP]', '</s>']);
export const startId = (tokenizer: Tokenizer): number => specialId(tokenizer, ['[CLS]', '<s>']);

/** Ids of T5's sentinels, in their order. */
export function sentinelIds(tokenizer: Tokenizer): number[] {
  const ids = [specialId(tokenizer, [sentinel(0)])];
  for (let k = 1; ; k++) {
    const id = tokenizer.tokenToId(sentinel(k));
    if (id === undefined) return ids;
    ids.push(id);
  }
}
