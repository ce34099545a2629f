// What a logits processor is: a function that changes one row of scores, looking only at the row's tokens.
// Processors are run one after the other, in Transformers' order (processor-list.ts).

/** One row of text in the making. */
export interface RowContext {
  /** Everything that the decoder has read or written: the prompt, then the new tokens. */
  readonly tokens: readonly number[];
  /** How many of `tokens` were given; for an encoder–decoder its start tokens. */
  readonly promptLength: number;
  /** What the encoder read; without an encoder the prompt. */
  readonly sourceTokens: readonly number[];
}

/** Changes scores [V] in place: −Infinity forbids a token. Looks at nothing but its arguments. */
export type LogitsProcessor = (scores: Float32Array, row: RowContext) => void;

/** New tokens so far. */
export const newTokensOf = ({ tokens, promptLength }: RowContext): number =>
  tokens.length - promptLength;

/** Forbids tokens; ids beyond the vocabulary are ignored. */
export function forbid(scores: Float32Array, tokens: Iterable<number>): void {
  for (const token of tokens) if (token < scores.length) scores[token] = -Infinity;
}

/** Forbids everything else. The scores of `tokens` become `score`, or stay if it is absent. */
export function allowOnly(scores: Float32Array, tokens: Iterable<number>, score?: number): void {
  const kept = Array.from(tokens, (token) => [token, score ?? scores[token]!] as const);
  scores.fill(-Infinity);
  for (const [token, value] of kept) if (token < scores.length) scores[token] = value;
}
