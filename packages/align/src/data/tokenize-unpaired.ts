// Judged answers → ids of prompt and completion.
import { emptyReport, requireTrainedTokens } from './report.ts';
import type { DataReport } from './report.ts';
import { tokenizeCompletion } from './tokenize-completion.ts';
import type { TokenizeOptions } from './tokenize-sft.ts';
import type { TextTokenizer } from './tokenizer.ts';
import type { UnpairedPreference } from './unpaired-rows.ts';

export interface UnpairedExample {
  readonly promptIds: readonly number[];
  readonly completionIds: readonly number[];
  readonly label: boolean;
  /** Factor of its loss, as densityRatioWeights gives it to BCO. @default 1 */
  readonly weight?: number;
}

/** Tokenises judged answers; the ends of longer ones are cut, and one is dropped when its prompt alone fills
 *  `maxLength`. @throws DataError when none is left */
export function tokenizeUnpaired(
  rows: Iterable<UnpairedPreference>,
  tokenizer: TextTokenizer,
  options: TokenizeOptions = {},
): { examples: UnpairedExample[]; report: DataReport } {
  const { maxLength = 1024 } = options;
  const examples: UnpairedExample[] = [];
  const report = emptyReport();
  for (const { prompt, completion, label } of rows) {
    report.rows += 1;
    const whole = tokenizeCompletion(tokenizer, prompt, completion);
    if (whole.boundaryMoved) report.boundaryMoved += 1;
    const start = whole.completionStart;
    const completionIds = whole.inputIds.slice(start, maxLength);
    const trained = completionIds.length - (start === 0 ? 1 : 0); // nothing predicts a first token
    if (trained <= 0) {
      report.dropped += 1;
      continue;
    }
    if (whole.inputIds.length > maxLength) report.truncated += 1;
    examples.push({ promptIds: whole.inputIds.slice(0, start), completionIds, label });
    report.tokens += start + completionIds.length;
    report.trainedTokens += trained;
  }
  report.examples = examples.length;
  requireTrainedTokens('unpaired preferences', report, maxLength);
  return { examples, report };
}
