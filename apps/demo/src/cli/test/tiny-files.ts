// Small files in every data format, and the flags of a model that trains in a moment.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const CAPITALS = [
  ['France', 'Paris'],
  ['Spain', 'Madrid'],
  ['Italy', 'Rome'],
  ['Peru', 'Lima'],
] as const;

const rows = (make: (country: string, city: string, i: number) => object): string =>
  CAPITALS.map(([country, city], i) => `${JSON.stringify(make(country, city, i))}\n`).join('');

export interface TinyFiles {
  readonly text: string;
  readonly pairs: string;
  readonly preferences: string;
  readonly prompts: string;
}

/** Writes corpus.txt, pairs.jsonl, preferences.jsonl and prompts.jsonl. */
export function writeTinyFiles(folder: string): TinyFiles {
  const write = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const sentences = CAPITALS.map(([country, city]) => `The capital of ${country} is ${city}.\n`);
  const question = (country: string): string => `Capital of ${country}?`;
  return {
    text: write('corpus.txt', sentences.join('').repeat(20)),
    pairs: write(
      'pairs.jsonl',
      rows((country, city) => ({ prompt: question(country), completion: ` ${city}.` })),
    ),
    preferences: write(
      'preferences.jsonl',
      rows((country, city, i) => ({
        prompt: question(country),
        chosen: ` ${city}.`,
        rejected: ` ${CAPITALS[(i + 1) % CAPITALS.length]?.[1] ?? ''}.`,
      })),
    ),
    prompts: write(
      'prompts.jsonl',
      rows((country) => ({ prompt: question(country) })),
    ),
  };
}

/** Sizes of `llm pretrain`: 270 tokens, 1 layer of 16. */
export const TINY_MODEL =
  '--vocab-size 270 --layers 1 --hidden 16 --heads 2 --context 48 --block 16 --batch 4 --backend cpu'.split(
    ' ',
  );
