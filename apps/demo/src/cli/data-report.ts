// Says what tokenising a data set left out or cut.
import type { DataReport } from '@llm/align';
import type { Output } from './output.ts';

export function noteDataReport(output: Output, report: DataReport, maxLength: number): void {
  const parts = [
    `${report.examples} examples of ${report.rows} rows`,
    `${report.trainedTokens} trained tokens`,
  ];
  if (report.truncated > 0) parts.push(`${report.truncated} cut to ${maxLength} tokens`);
  if (report.dropped > 0) {
    parts.push(`${report.dropped} dropped: too long for ${maxLength} tokens, or nothing to train`);
  }
  output.note(parts.join(', '));
}
