// T5's objective (Raffel et al. 2019): random spans of a text leave it, each replaced by a sentinel of
// its own, and the model writes them after their sentinels.
import type { Generator } from '@llm/tensor';

export interface SpanOptions {
  /** The k-th sentinel's token id; T5's count down from the end of the vocabulary. */
  readonly sentinel: (k: number) => number;
  readonly eosTokenId: number;
  readonly generator: Generator;
  /** Share of the tokens that leave. @default 0.15 */
  readonly density?: number;
  /** Of the spans, in tokens. @default 3 */
  readonly meanLength?: number;
}

/** What the encoder reads and what the decoder is to write, both with the end token. */
export interface SourceAndTarget {
  readonly inputIds: number[];
  readonly labels: number[];
}

/** Corrupts one text of at least 2 tokens, which begins with a kept span. */
export function corruptSpans(ids: readonly number[], options: SpanOptions): SourceAndTarget {
  const { sentinel, eosTokenId, generator, density = 0.15, meanLength = 3 } = options;
  const L = ids.length;
  if (L < 2) {
    throw new RangeError(
      `corruptSpans: ids: expected at least 2 tokens, got ${L}. Leave short texts out.`,
    );
  }
  const noise = Math.min(Math.max(Math.round(L * density), 1), L - 1);
  const spans = Math.min(Math.max(Math.round(noise / meanLength), 1), noise, L - noise);
  const gone = partition(noise, spans, generator);
  const kept = partition(L - noise, spans, generator);
  const inputIds: number[] = [];
  const labels: number[] = [];
  let at = 0;
  for (let k = 0; k < spans; k++) {
    inputIds.push(...ids.slice(at, at + kept[k]!), sentinel(k));
    at += kept[k]!;
    labels.push(sentinel(k), ...ids.slice(at, at + gone[k]!));
    at += gone[k]!;
  }
  return { inputIds: [...inputIds, eosTokenId], labels: [...labels, eosTokenId] };
}

/** `total` as a sum of `parts` positive integers, every way equally likely. */
function partition(total: number, parts: number, generator: Generator): number[] {
  const places = Array.from(generator.permutation(total - 1)).slice(0, parts - 1);
  const cuts = [0, ...places.map((place) => place + 1).sort((a, b) => a - b), total];
  return cuts.slice(1).map((cut, i) => cut - cuts[i]!);
}
