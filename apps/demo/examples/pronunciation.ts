// An encoder–decoder reads letters and writes phonemes: the original Transformer (Vaswani et al. 2017) on
// the CMU Pronouncing Dictionary. Measured on held-out words: all phonemes and stresses right, and errors
// for each phoneme; beside the phonemes that each letter most often gave.
import { Generator } from '@llm/tensor';
import { createSeq2Seq, errorRate } from '@llm/transformer';
import { letterRules } from './baselines/letter-rules.ts';
import { loadPronunciations, type Pronounced } from './data/pronunciations.ts';
import { answers, END, PAD, Symbols, trainSeq2Seq } from './shared/seq2seq.ts';
import type { ExampleSettings } from './shared/settings.ts';
import { split } from './shared/split.ts';
import type { TrainingTime } from './shared/train-for.ts';

export interface PronunciationScores {
  /** Share of words whose phonemes are all right, as one of the dictionary's ways to say it. */
  readonly wordAccuracy: number;
  /** The same with stress left out, as most published figures have it. */
  readonly wordAccuracyWithoutStress: number;
  readonly phonemeErrorRate: number;
}

export interface PronunciationResult extends TrainingTime, PronunciationScores {
  readonly parameters: number;
  readonly words: { readonly train: number; readonly heldOut: number };
  readonly baseline: PronunciationScores;
  readonly examples: readonly { word: string; said: string; expected: string }[];
}

export async function pronunciation(settings: ExampleSettings): Promise<PronunciationResult> {
  const { seed, isSmall } = settings;
  const all = loadPronunciations();
  const words = isSmall ? all.filter((_, i) => i % 20 === 0) : all;
  const { train, heldOut } = split(words, isSmall ? 0.03 : 0.02);
  const symbols = new Symbols(
    train.flatMap(({ word, ways }) => [...word, ...ways.flatMap((way) => way)]),
  );
  const generator = new Generator(seed);
  const model = createSeq2Seq(sizes(symbols.size, isSmall), { generator });
  try {
    const time = await trainSeq2Seq(settings, model, {
      ...{ name: 'pronunciation', generator, batchSize: isSmall ? 32 : 96 },
      ...{ learningRate: isSmall ? 4e-3 : 2e-3, steps: isSmall ? 300 : 5000 },
      pairs: train.flatMap(({ word, ways }) =>
        ways.map((way) => ({ inputIds: symbols.encode([...word]), labels: symbols.encode(way) })),
      ),
    });
    const sources = heldOut.map(({ word }) => symbols.encode([...word]));
    const longest = Math.max(...train.flatMap(({ ways }) => ways.map((way) => way.length)));
    const ids = await answers(model, sources, {
      maxNewTokens: longest + 1,
      numBeams: isSmall ? 1 : 4,
    });
    const said = ids.map((row) => symbols.decode(row));
    return {
      ...time,
      ...scoresOf(said, heldOut),
      parameters: model.numParameters(),
      words: { train: train.length, heldOut: heldOut.length },
      baseline: scoresOf(letterRules(train, heldOut), heldOut),
      examples: heldOut.slice(0, 8).map(({ word, ways }, i) => ({
        ...{
          word,
          said: said[i]!.join(' '),
          expected: ways.map((way) => way.join(' ')).join(' | '),
        },
      })),
    };
  } finally {
    model.dispose();
  }
}

const sizes = (vocabSize: number, isSmall: boolean) => {
  const [width, heads] = isSmall ? [48, 4] : [96, 4];
  return {
    ...{ modelType: 'marian', vocabSize, dModel: width, maxPositionEmbeddings: 64 },
    initStd: width ** -0.5, // 0.02, meant for wide models, would leave positions louder than letters
    ...{ encoderLayers: 2, decoderLayers: 2, encoderFfnDim: width * 4, decoderFfnDim: width * 4 },
    ...{ encoderAttentionHeads: heads, decoderAttentionHeads: heads, activationFunction: 'relu' },
    ...{ dropout: 0, scaleEmbedding: true, padTokenId: PAD, eosTokenId: END },
    decoderStartTokenId: PAD,
  };
};

const withoutStress = (way: readonly string[]): string[] =>
  way.map((phoneme) => phoneme.replace(/\d/, ''));

function scoresOf(
  said: readonly (readonly string[])[],
  heldOut: readonly Pronounced[],
): PronunciationScores {
  const share = (change: (way: readonly string[]) => readonly string[]) =>
    heldOut.filter(({ ways }, i) =>
      ways.some((way) => change(way).join(' ') === change(said[i]!).join(' ')),
    ).length / heldOut.length;
  return {
    wordAccuracy: share((way) => way),
    wordAccuracyWithoutStress: share(withoutStress),
    phonemeErrorRate: errorRate(
      said,
      heldOut.map(({ ways }) => ways),
    ),
  };
}
