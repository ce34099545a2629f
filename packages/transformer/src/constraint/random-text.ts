// For tests: a model that writes anything, held by a constraint.
import { Generator } from '@llm/tensor';
import { softmax } from '../generation/filters.ts';
import { constraintProcessor, isFinished } from './constraint-processor.ts';
import type { TokenConstraint, VocabularyBytes } from './token-constraint.ts';

const MERGES = [
  ...['{"', '":', '": ', '", "', '"}', '},', '[[', ']]', '[]', '{}', 'true', 'false', 'null', ' "'],
  ...[
    '12',
    '00',
    '1.5',
    'e1',
    'abc',
    'name',
    'é',
    'ß“',
    '日本',
    '\\u00',
    '\\"',
    '  ',
    '\n',
    'the ',
  ],
];
const HALVES = [
  [0xe6, 0x97],
  [0xa5, 0x22],
  [0xf0, 0x9f],
];

/** All bytes, some longer tokens, half characters, and a special token that ends texts. */
export const VOCABULARY: VocabularyBytes = [
  ...Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte)),
  ...MERGES.map((text) => new TextEncoder().encode(text)),
  ...HALVES.map((bytes) => Uint8Array.from(bytes)),
  undefined,
];
export const STOP = VOCABULARY.length - 1;

/** Writes at random, unevenly so that some seeds like to go on and others to stop. */
export function randomTokens(
  constraint: TokenConstraint,
  seed: number,
  maxNewTokens: number,
): number[] {
  const generator = new Generator(seed);
  const [process] = constraintProcessor({ constraint, stopTokens: [STOP], maxNewTokens });
  const bias = (generator.uniformNumber() - 0.5) * 8;
  const tokens: number[] = [];
  while (tokens.length < maxNewTokens) {
    const scores = Float32Array.from(VOCABULARY, () => generator.uniformNumber() * 6);
    scores[STOP]! += bias;
    process!(scores, { tokens, promptLength: 0, sourceTokens: [] });
    const token = generator.multinomial(softmax(scores));
    if (token === STOP) break;
    tokens.push(token);
    if (isFinished(constraint, { tokens, promptLength: 0, sourceTokens: [] })) break;
  }
  return tokens;
}

/** @throws TypeError if the bytes are no UTF-8 */
export function textOf(tokens: readonly number[]): string {
  const bytes = tokens.flatMap((token) => [...VOCABULARY[token]!]);
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
}

export const randomText = (constraint: TokenConstraint, seed: number, room: number): string =>
  textOf(randomTokens(constraint, seed, room));
