// The rule that ranks answers, since no person is there: right before wrong, and among wrong answers
// one that at least fits the question before one that does not. Of the three Hs it can only judge
// "helpful" and "honest"; `llm rank` is the place for a person's judgement.
import type { Country, FactField } from '../data/countries.ts';
import type { Question } from '../data/questions.ts';

export const RANKING_RULE =
  'No person is here to rank, so a rule does: a right answer beats a wrong one, and a wrong answer that fits the question (a capital for a capital) beats one that does not.';

export type ScoreAnswer = (question: Question, answer: string) => number;

/** 2 for the right answer, 1 for a wrong one of the right kind, 0 for anything else. */
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
    return known.get(question.field)?.has(given) ? 1 : 0;
  };
}
