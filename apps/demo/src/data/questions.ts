// Questions about the countries: what the model is fine-tuned, ranked, rewarded and examined on.
import { FACT_FIELDS } from './countries.ts';
import type { Country, FactField } from './countries.ts';

export interface Question {
  readonly country: string;
  readonly field: FactField;
  readonly prompt: string;
  readonly answer: string;
}

const WORDING: Readonly<Record<FactField, string>> = {
  capital: 'What is the capital of {c}?',
  region: 'Where does {c} lie?',
  adjective: 'What are the people of {c} called?',
  code: 'What is the internet code of {c}?',
  currency: 'What is the currency of {c}?',
};

export function promptFor(field: FactField, country: string): string {
  return `Question: ${WORDING[field].replace('{c}', country)}\nAnswer:`;
}

/** The completion that belongs to a prompt: one space, the answer; training adds the end token. */
export function completionFor(answer: string): string {
  return ` ${answer}`;
}

export function allQuestions(countries: readonly Country[]): Question[] {
  return countries.flatMap(({ name, facts }) =>
    FACT_FIELDS.flatMap((field) => {
      const answer = facts[field];
      return answer === undefined
        ? []
        : [{ country: name, field, prompt: promptFor(field, name), answer }];
    }),
  );
}

export interface QuestionSplit {
  readonly train: readonly Question[];
  readonly heldOut: readonly Question[];
}

/**
 * Holds out every k-th question, a different field for each country. The facts behind held-out
 * questions are in the pretraining text; the questions themselves are never trained on.
 */
export function splitQuestions(questions: readonly Question[], every: number): QuestionSplit {
  const isHeldOut = (_: Question, index: number) => index % every === every - 1;
  return {
    train: questions.filter((question, index) => !isHeldOut(question, index)),
    heldOut: questions.filter(isHeldOut),
  };
}
