// What the two encoder–decoder examples share: symbols, training and writing answers.
import type { Generator } from '@llm/tensor';
import { collateSeq2Seq, generate, seq2SeqLoss } from '@llm/transformer';
import type { Seq2SeqBatch, Seq2SeqLm } from '@llm/transformer';
import { bucketedBatches } from './batches.ts';
import type { ExampleSettings } from './settings.ts';
import { trainFor, type TrainingTime } from './train-for.ts';

export const PAD = 0;
export const END = 1;
export const UNKNOWN = 2;
const SPECIAL = ['<pad>', '</s>', '<unk>'];

/** Numbers for symbols such as letters, phonemes or characters. */
export class Symbols {
  readonly symbols: readonly string[];
  readonly #ids: ReadonlyMap<string, number>;

  /** @param symbols as often as they occur; those seen less than `least` times are unknown */
  constructor(symbols: Iterable<string>, least = 1) {
    const counts = new Map<string, number>();
    for (const symbol of symbols) counts.set(symbol, (counts.get(symbol) ?? 0) + 1);
    const kept = [...counts].filter(([, count]) => count >= least).map(([symbol]) => symbol);
    this.symbols = [...SPECIAL, ...kept.sort()];
    this.#ids = new Map(this.symbols.map((symbol, id) => [symbol, id]));
  }

  get size(): number {
    return this.symbols.length;
  }

  /** With the end at the end. */
  encode(symbols: readonly string[]): number[] {
    return [...symbols.map((symbol) => this.#ids.get(symbol) ?? UNKNOWN), END];
  }

  /** Up to the end. */
  decode(ids: readonly number[]): string[] {
    const end = ids.indexOf(END);
    return (end < 0 ? ids : ids.slice(0, end)).map((id) => this.symbols[id]!);
  }
}

export interface PairIds {
  readonly inputIds: readonly number[];
  readonly labels: readonly number[];
}

export interface Seq2SeqTraining {
  readonly name: string;
  readonly pairs: readonly PairIds[];
  readonly batchSize: number;
  readonly learningRate: number;
  readonly steps: number;
  readonly generator: Generator;
}

export function trainSeq2Seq(
  settings: ExampleSettings,
  model: Seq2SeqLm,
  { pairs, batchSize, ...training }: Seq2SeqTraining,
): Promise<TrainingTime> {
  const { decoderStartTokenId, padTokenId } = model.config;
  const length = ({ inputIds, labels }: PairIds) => inputIds.length + labels.length;
  return trainFor<Seq2SeqBatch>(settings, {
    ...training,
    model,
    batches: bucketedBatches(pairs, { batchSize, seed: settings.seed, length }, (rows) =>
      collateSeq2Seq(rows, { decoderStartTokenId, padTokenId }),
    ),
    loss: (batch) => seq2SeqLoss(model, batch, { labelSmoothing: 0.05 }),
    tokens: ({ inputIds, labels }) => inputIds.size + labels.size,
  });
}

/** An answer to each source, those of like length together. */
export async function answers(
  model: Seq2SeqLm,
  sources: readonly (readonly number[])[],
  options: { maxNewTokens: number; numBeams?: number; batchSize?: number },
): Promise<number[][]> {
  const { maxNewTokens, numBeams = 1, batchSize = 128 } = options;
  const order = Array.from(sources.keys()).sort((a, b) => sources[a]!.length - sources[b]!.length);
  const found = new Array<number[]>(sources.length);
  for (let start = 0; start < order.length; start += batchSize) {
    const rows = order.slice(start, start + batchSize);
    const prompts = rows.map((row) => [...sources[row]!]);
    const { sequences } = await generate(model, prompts, { maxNewTokens, numBeams });
    rows.forEach((row, i) => (found[row] = sequences[i]!));
  }
  return found;
}
