// Names of properties that a schema does not know.
import {
  characters,
  choice,
  complement,
  repeat,
  sequence,
  text,
  type CodePointRange,
  type Expression,
} from '../expression.ts';
import { PLAIN_CHARACTER } from './json-text.ts';

/** The inside of a string that is none of these names. */
export function otherName(names: readonly (readonly string[])[]): Expression {
  const any = repeat(PLAIN_CHARACTER, 0, Infinity);
  const first = [...new Set(names.flatMap(([letter]) => (letter === undefined ? [] : [letter])))];
  const points = first.map((letter): CodePointRange => [
    letter.codePointAt(0)!,
    letter.codePointAt(0)!,
  ]);
  if (PLAIN_CHARACTER.type !== 'characters') return any;
  const others = characters(...complement([...complement(PLAIN_CHARACTER.ranges), ...points]));
  const options = [
    ...(names.some(({ length }) => length === 0) ? [] : [sequence()]),
    sequence(others, any),
    ...first
      .filter((letter) => JSON.stringify(letter) === `"${letter}"`)
      .map((letter) => {
        const rest = names.filter((name) => name[0] === letter).map((name) => name.slice(1));
        return sequence(text(letter), otherName(rest));
      }),
  ];
  return choice(...options);
}
