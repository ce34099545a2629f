// An encoder–decoder translates: BART's architecture (Lewis et al. 2019), from scratch, on what VS Code's
// interface says in English and in Chinese. Measured on held-out texts by chrF and exact match, beside the
// translation of the most similar English text of the training data (a translation memory).
import { Generator } from '@llm/tensor';
import { trainBpe, type Tokenizer } from '@llm/tokenizer';
import { chrf, createSeq2Seq } from '@llm/transformer';
import { exactMatch } from '@llm/align';
import { translationMemory } from './baselines/translation-memory.ts';
import { loadInterfaceTexts, type TextPair } from './data/interface-texts.ts';
import { answers, END, PAD, Symbols, trainSeq2Seq } from './shared/seq2seq.ts';
import type { ExampleSettings } from './shared/settings.ts';
import { split } from './shared/split.ts';
import type { TrainingTime } from './shared/train-for.ts';

export interface TranslationScores {
  /** 0 … 100 */
  readonly chrf: number;
  readonly exactMatch: number;
}

export interface TranslationResult extends TrainingTime, TranslationScores {
  readonly parameters: number;
  readonly pairs: { readonly train: number; readonly heldOut: number };
  readonly baseline: TranslationScores;
  readonly examples: readonly (TextPair & { readonly written: string })[];
}

const LONGEST = 32; // characters of a translation and its end

export async function translation(settings: ExampleSettings): Promise<TranslationResult> {
  const { seed, isSmall } = settings;
  const all = await loadInterfaceTexts();
  const pairs = isSmall ? all.filter(({ english }) => english.length <= 16) : all;
  const { train, heldOut } = split(pairs, 0.06);
  const english = train.map((pair) => pair.english.toLowerCase());
  const tokenizer = await trainBpe(english, { vocabSize: isSmall ? 400 : 1500 });
  // Both languages in one vocabulary, as BART has one table: pieces of English, characters of Chinese.
  const symbols = new Symbols([
    ...english.flatMap((text) => pieces(text, tokenizer)),
    ...train.flatMap(({ chinese }) => Array.from(chinese)),
  ]);
  const source = (pair: TextPair) => symbols.encode(pieces(pair.english.toLowerCase(), tokenizer));
  const generator = new Generator(seed);
  const model = createSeq2Seq(sizes(symbols.size, isSmall), { generator });
  try {
    const time = await trainSeq2Seq(settings, model, {
      ...{ name: 'translation', generator, batchSize: isSmall ? 32 : 64 },
      ...{ learningRate: isSmall ? 4e-3 : 1.5e-3, steps: isSmall ? 300 : 4000 },
      pairs: train.map((pair) => ({
        inputIds: source(pair),
        labels: symbols.encode(Array.from(pair.chinese)),
      })),
    });
    const options = { maxNewTokens: LONGEST, numBeams: isSmall ? 1 : 4, batchSize: 32 };
    const written = (await answers(model, heldOut.map(source), options)).map((ids) =>
      symbols.decode(ids).join(''),
    );
    return {
      ...time,
      ...scoresOf(written, heldOut),
      parameters: model.numParameters(),
      pairs: { train: train.length, heldOut: heldOut.length },
      baseline: scoresOf(translationMemory(train, heldOut), heldOut),
      examples: heldOut.slice(0, 12).map((pair, i) => ({ ...pair, written: written[i]! })),
    };
  } finally {
    model.dispose();
  }
}

/** BPE pieces as strings, marked so that none equals a Chinese character. */
const pieces = (text: string, tokenizer: Tokenizer): string[] =>
  tokenizer.encode(text, { addSpecialTokens: false }).map((id) => `en:${id}`);

const sizes = (vocabSize: number, isSmall: boolean) => {
  const [width, heads] = isSmall ? [64, 4] : [128, 4];
  return {
    ...{ modelType: 'bart', vocabSize, dModel: width, maxPositionEmbeddings: 96 },
    initStd: width ** -0.5,
    ...{ encoderLayers: 2, decoderLayers: 2, encoderFfnDim: width * 4, decoderFfnDim: width * 4 },
    ...{ encoderAttentionHeads: heads, decoderAttentionHeads: heads, dropout: isSmall ? 0 : 0.25 },
    ...{ padTokenId: PAD, eosTokenId: END, decoderStartTokenId: PAD },
  };
};

function scoresOf(written: readonly string[], heldOut: readonly TextPair[]): TranslationScores {
  const expected = heldOut.map(({ chinese }) => chinese);
  return { chrf: chrf(written, expected), exactMatch: exactMatch(written, expected) };
}
