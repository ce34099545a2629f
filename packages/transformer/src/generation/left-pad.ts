// Prompts of different lengths as one rectangle. Padding stands on the left, so that every row's last
// token is in the last column.
import { GenerationError } from '../errors.ts';

export interface PaddedPrompts {
  readonly batch: number;
  readonly columns: number;
  readonly inputIds: Int32Array; // [B, T]
  /** [B, T], 1 = token; null when no row is padded. */
  readonly attentionMask: Int32Array | null;
  /** Tokens of each row. */
  readonly lengths: readonly number[];
}

const PADDING = 0; // any id: it is masked

export function leftPad(prompts: readonly (readonly number[])[], vocabSize: number): PaddedPrompts {
  const lengths = prompts.map(({ length }) => length);
  checkPrompts(prompts, vocabSize);
  const columns = Math.max(...lengths);
  const inputIds = new Int32Array(prompts.length * columns).fill(PADDING);
  const mask = new Int32Array(prompts.length * columns);
  for (const [row, prompt] of prompts.entries()) {
    const start = (row + 1) * columns - prompt.length;
    inputIds.set(prompt, start);
    mask.fill(1, start, (row + 1) * columns);
  }
  const isEven = lengths.every((length) => length === columns);
  return { batch: prompts.length, columns, inputIds, attentionMask: isEven ? null : mask, lengths };
}

/** Throws GenerationError unless there are prompts, none of them empty, of known tokens. */
export function checkPrompts(prompts: readonly (readonly number[])[], vocabSize: number): void {
  if (prompts.length === 0) {
    throw new GenerationError(
      'generate: prompts: expected at least one, got none. Pass token ids.',
    );
  }
  for (const [row, prompt] of prompts.entries()) {
    if (prompt.length === 0) {
      throw new GenerationError(
        `generate: prompts[${row}]: expected at least one token, got none. Begin with the model's first token.`,
      );
    }
    const wrong = prompt.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize);
    if (wrong === undefined) continue;
    throw new GenerationError(
      `generate: prompts[${row}]: expected token ids in [0, ${vocabSize}), got ${wrong}. Use the model's own tokenizer.`,
    );
  }
}
