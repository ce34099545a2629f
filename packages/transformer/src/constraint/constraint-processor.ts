// A constraint as a logits processor: forbids what the text cannot go on with, and towards the end also
// what would not let it come to one within maxNewTokens.
import { GenerationError } from '../errors.ts';
import type { LogitsProcessor, RowContext } from '../generation/processors/processor.ts';
import type { TokenConstraint } from './token-constraint.ts';

interface Limits {
  readonly constraint?: TokenConstraint;
  readonly stopTokens: readonly number[];
  readonly maxNewTokens: number;
}

/** @throws GenerationError if maxNewTokens is too few for any text */
export function constraintProcessor(options: Limits): LogitsProcessor[] {
  const { constraint, stopTokens, maxNewTokens } = options;
  if (constraint === undefined) return [];
  if (constraint.leastTokens > maxNewTokens) {
    throw new GenerationError(
      `generate: maxNewTokens: expected at least ${constraint.leastTokens}, the shortest text that meets the constraint, got ${maxNewTokens}. Change it.`,
    );
  }
  return [
    (scores, row) => {
      const written = newTokens(row);
      const state = constraint.stateAfter(written);
      const stops = constraint.isAccepting(state)
        ? stopTokens.map((token) => [token, scores[token] ?? -Infinity] as const)
        : [];
      mask(scores, constraint.costs(state), maxNewTokens - written.length - 1);
      for (const token of stopTokens) if (token < scores.length) scores[token] = -Infinity;
      for (const [token, score] of stops) if (token < scores.length) scores[token] = score;
      if (!scores.some((score) => score > -Infinity)) nothingLeft();
    },
  ];
}

/** Whether the row's text is whole and cannot go on, so that no stop token is needed. */
export function isFinished(constraint: TokenConstraint | undefined, row: RowContext): boolean {
  return constraint !== undefined && constraint.isFinal(constraint.stateAfter(newTokens(row)));
}

const newTokens = ({ tokens, promptLength }: RowContext): number[] => tokens.slice(promptLength);

/** Forbids tokens after which more than `room` would be needed. */
function mask(scores: Float32Array, costs: Uint16Array, room: number): void {
  const known = Math.min(scores.length, costs.length);
  for (let token = 0; token < known; token++) if (costs[token]! > room) scores[token] = -Infinity;
  scores.fill(-Infinity, known);
}

function nothingLeft(): never {
  throw new GenerationError(
    'generate: constraint: expected a token that may follow, got none: other options forbid all. Loosen them.',
  );
}
