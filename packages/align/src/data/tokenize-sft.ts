// SFT rows → ids and completion masks.
import { commonPrefixLength } from './common-prefix.ts';
import { emptyReport, requireTrainedTokens } from './report.ts';
import type { DataReport } from './report.ts';
import type { SftRow } from './rows.ts';
import { render, tokenizeCompletion } from './tokenize-completion.ts';
import type { ChatMessage, TextTokenizer } from './tokenizer.ts';

export interface SftExample {
  readonly inputIds: readonly number[];
  /** 1 where the token counts in the loss, one number a token. */
  readonly completionMask: readonly number[];
}

export interface TokenizeOptions {
  /** Longest example in tokens; the end of longer ones is cut. @default 1024 */
  maxLength?: number;
}

/** Tokenises rows; in a conversation every assistant turn is trained, in the other formats the completion.
 *  @returns the examples that train at least one token, and what happened to the rest
 *  @throws DataError when no example is left */
export function tokenizeSft(
  rows: Iterable<SftRow>,
  tokenizer: TextTokenizer,
  options: TokenizeOptions = {},
): { examples: SftExample[]; report: DataReport } {
  const { maxLength = 1024 } = options;
  const examples: SftExample[] = [];
  const report = emptyReport();
  for (const row of rows) {
    report.rows += 1;
    const whole =
      'messages' in row ? tokenizeTurns(tokenizer, row.messages) : completionOnly(tokenizer, row);
    if (whole.boundaryMoved) report.boundaryMoved += 1;
    if (whole.inputIds.length > maxLength) report.truncated += 1;
    const inputIds = whole.inputIds.slice(0, maxLength);
    const completionMask = whole.completionMask.slice(0, maxLength);
    const trained = countTrained(completionMask);
    if (trained === 0) {
      report.dropped += 1;
      continue;
    }
    examples.push({ inputIds, completionMask });
    report.tokens += inputIds.length;
    report.trainedTokens += trained;
  }
  report.examples = examples.length;
  requireTrainedTokens('sft', report, maxLength);
  return { examples, report };
}

type MaskedIds = SftExample & { readonly boundaryMoved: boolean };

function completionOnly(
  tokenizer: TextTokenizer,
  row: Exclude<SftRow, { messages: unknown }>,
): MaskedIds {
  const whole = tokenizeCompletion(tokenizer, row.prompt, row.completion);
  const completionMask = whole.inputIds.map((_, i) => (i < whole.completionStart ? 0 : 1));
  return { inputIds: whole.inputIds, completionMask, boundaryMoved: whole.boundaryMoved };
}

/** Marks each assistant turn: what its rendering adds to the rendering of the turns before it. */
function tokenizeTurns(tokenizer: TextTokenizer, turns: readonly ChatMessage[]): MaskedIds {
  const inputIds = render(tokenizer, turns, false);
  const completionMask = inputIds.map(() => 0);
  let boundaryMoved = false;
  turns.forEach((turn, i) => {
    if (turn.role !== 'assistant') return;
    const before = render(tokenizer, turns.slice(0, i), true);
    const start = commonPrefixLength(before, inputIds);
    const end = commonPrefixLength(render(tokenizer, turns.slice(0, i + 1), false), inputIds);
    completionMask.fill(1, start, end);
    boundaryMoved ||= start < before.length;
  });
  return { inputIds, completionMask, boundaryMoved };
}

/** The first token has nothing before it, so it is never predicted. */
function countTrained(completionMask: readonly number[]): number {
  return completionMask.reduce((sum, keep, i) => sum + (i > 0 ? keep : 0), 0);
}
