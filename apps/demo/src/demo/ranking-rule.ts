// The rule that ranks answers, since no person is there: right before wrong; among wrong answers one
// that at least fits the question before one that does not; then the one with more of the right
// answer's letters. Of the three Hs it can only judge "helpful" and "honest".
import type { Country, FactField } from '../data/countries.ts';
import type { Question } from '../data/questions.ts';

export const RANKING_RULE =
  'No person is here to rank, so a rule does: a right answer beats a wrong one, and a wrong answer that fits the question (a capital for a capital) beats one that does not.';

export type ScoreAnswer = (question: Question, answer: string) => number;

/** 2 for the right answer, 1 for a wrong one of the right kind, below ½ for anything else. */
export function rankingRule(countries: readonly Country[]): ScoreAnswer {
  const known = new Map<FactField, Set<string>>();
  for (const { facts } of countries) {
    for (const [field, value] of Object.entries(facts) as [FactField, string][]) {
      known.set(field, (known.get(field) ?? new Set()).add(value));
    }
  }
  return (question, answer) => {
    const given = answer.trim();
    if (given === question.answer) return 2;
    return known.get(question.field)?.has(given) ? 1 : 0.49 * similarity(given, question.answer);
  };
}

/** Dice's coefficient of the letters of two texts, each letter counted as often as it occurs: 0 to 1. */
function similarity(a: string, b: string): number {
  const left = new Map<string, number>();
  for (const letter of a) left.set(letter, (left.get(letter) ?? 0) + 1);
  let shared = 0;
  for (const letter of b) {
    const count = left.get(letter) ?? 0;
    if (count > 0) shared += 1;
    left.set(letter, count - 1);
  }
  return a.length + b.length === 0 ? 0 : (2 * shared) / (a.length + b.length);
}
