// How often a model finds the chosen answer likelier than the rejected one: by the sum of its tokens'
// log-probabilities, which favours short answers, and by their mean. A tie counts half.
import { precomputeReference, tokenizePreferences, winRate } from '@llm/align';
import type { ReferencedExample } from '@llm/align';
import { readPreferences } from '../../../data/rows.ts';
import { contextLength } from '../../../models/context-length.ts';
import { checkConversations } from '../../conversation-check.ts';
import { inParts, percent } from './evaluation.ts';
import type { Evaluation, EvaluationInput } from './evaluation.ts';

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function measure(scored: readonly ReferencedExample[]) {
  const chosen = scored.map(({ referenceLogprobs }) => referenceLogprobs.chosen);
  const rejected = scored.map(({ referenceLogprobs }) => referenceLogprobs.rejected);
  const perToken = (sums: readonly number[], side: 'chosenIds' | 'rejectedIds') =>
    sums.map((sum, i) => sum / Math.max(1, scored[i]![side].length));
  return {
    accuracy: winRate(chosen, rejected),
    accuracyPerToken: winRate(perToken(chosen, 'chosenIds'), perToken(rejected, 'rejectedIds')),
    margin: mean(chosen.map((sum, i) => sum - rejected[i]!)),
    logprobs: { chosen: mean(chosen), rejected: mean(rejected) },
  };
}

export async function evaluatePreference(input: EvaluationInput): Promise<Evaluation> {
  const { model, tokenizer, data, path, batch, output } = input;
  const rows = await readPreferences(data);
  checkConversations(rows, tokenizer, path);
  const maxLength = contextLength(model);
  const { examples, report } = tokenizePreferences(rows, tokenizer, {
    maxLength,
    tooLong: 'drop', // a cut answer is another answer
  });
  if (report.dropped > 0) {
    output.note(
      `${report.dropped} of ${report.rows} pairs left out: empty, or longer than ${maxLength} tokens, the model's context`,
    );
  }
  const scored: ReferencedExample[] = [];
  await inParts(examples, batch, input, (part) => {
    const options = { batchSize: batch, padTokenId: tokenizer.padTokenId };
    scored.push(...precomputeReference(model, part, options));
  });
  const measured = measure(scored);
  return {
    document: { ...measured, pairs: scored.length, dropped: report.dropped },
    lines: [
      `accuracy ${percent(measured.accuracy)} by the answers' log-probability, ${percent(measured.accuracyPerToken)} by its mean over tokens`,
      `margin ${measured.margin.toFixed(4)} nats over ${scored.length} pairs`,
    ],
  };
}
