// Country facts as prose for pretraining. Every fact is said in several ways, in changing order: a
// model that has read a fact in one form only can rarely answer a question about it (Allen-Zhu & Li,
// "Physics of Language Models: Part 3.1", 2023).
import { FACT_FIELDS } from './countries.ts';
import type { Country, FactField } from './countries.ts';

const STATEMENTS: Readonly<Record<FactField, readonly string[]>> = {
  capital: [
    'The capital of {c} is {v}.',
    '{v} is the capital of {c}.',
    'The capital city of {c} is {v}.',
  ],
  region: ['{c} lies in {v}.', '{c} is a country in {v}.', 'The region of {c} is {v}.'],
  adjective: [
    'The people of {c} are called {v}.',
    'Something from {c} is {v}.',
    'The adjective for {c} is {v}.',
  ],
  code: [
    'The internet code of {c} is {v}.',
    'Web sites in {c} end in {v}.',
    '{c} uses the code {v}.',
  ],
  currency: [
    'The currency of {c} is {v}.',
    'In {c} people pay with {v}.',
    'People pay in {c} with {v}.',
  ],
};

/** Draws a whole number below `limit`. */
export type DrawInteger = (limit: number) => number;

export function pick<T>(items: readonly T[], draw: DrawInteger): T {
  const item = items[draw(items.length)];
  if (item === undefined) throw new RangeError('pick: items: expected at least one, got none.');
  return item;
}

function shuffled<T>(items: readonly T[], draw: DrawInteger): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = draw(i + 1);
    [result[i], result[j]] = [result[j] as T, result[i] as T];
  }
  return result;
}

function statement(country: Country, field: FactField, draw: DrawInteger): string[] {
  const value = country.facts[field];
  if (value === undefined) return [];
  return [pick(STATEMENTS[field], draw).replace('{c}', country.name).replace('{v}', value)];
}

/** One paragraph a country, countries and statements in a new order each time it is called. */
export function factSheets(countries: readonly Country[], draw: DrawInteger): string[] {
  return shuffled(countries, draw).map((country) =>
    shuffled(FACT_FIELDS, draw)
      .flatMap((field) => statement(country, field, draw))
      .join(' '),
  );
}
