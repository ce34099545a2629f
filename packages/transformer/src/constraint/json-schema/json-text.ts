// The texts of JSON: strings, numbers, any value.
import {
  characters,
  choice,
  complement,
  optional,
  repeat,
  rule,
  sequence,
  text,
  type CodePointRange,
  type Expression,
} from '../expression.ts';

/** Characters that a string must escape. */
const ESCAPED: CodePointRange[] = [
  [0x00, 0x1f],
  [0x22, 0x22],
  [0x5c, 0x5c],
];
const PLAIN = characters(...complement(ESCAPED));
const HEX = characters([0x30, 0x39], [0x41, 0x46], [0x61, 0x66]);
/** \uXXXX of a character, not of half of one. */
const UNICODE = choice(
  sequence(
    characters([0x30, 0x39], [0x41, 0x43], [0x45, 0x46], [0x61, 0x63], [0x65, 0x66]),
    repeat(HEX, 3, 3),
  ),
  sequence(characters([0x44, 0x44], [0x64, 0x64]), characters([0x30, 0x37]), repeat(HEX, 2, 2)),
);
const SHORT = characters(
  ...Array.from('"\\/bfnrt', (c): CodePointRange => [c.codePointAt(0)!, c.codePointAt(0)!]),
);

/** One character of a string, however it is written. */
export const STRING_CHARACTER = choice(
  PLAIN,
  sequence(text('\\'), choice(SHORT, sequence(text('u'), UNICODE))),
);
/** One character that needs no escape. */
export const PLAIN_CHARACTER = PLAIN;

export const quoted = (inner: Expression): Expression => sequence(text('"'), inner, text('"'));

const digits = (min: number, max: number): Expression => repeat(characters([0x30, 0x39]), min, max);

/** Digits are limited so that numbers stay finite and exact enough to be told apart. */
const MAX_DIGITS = 15;
export const NATURAL = choice(
  text('0'),
  sequence(characters([0x31, 0x39]), digits(0, MAX_DIGITS - 1)),
);
export const FRACTION = sequence(text('.'), digits(1, MAX_DIGITS));
export const INTEGER = sequence(optional(text('-')), NATURAL);
const EXPONENT = sequence(
  characters([0x45, 0x45], [0x65, 0x65]),
  optional(characters([0x2b, 0x2b], [0x2d, 0x2d])),
  digits(1, 2),
);
export const NUMBER = sequence(INTEGER, optional(FRACTION), optional(EXPONENT));

export const BOOLEAN = choice(text('true'), text('false'));
export const NULL = text('null');

/** A comma or colon; a space may follow. */
export const separator = (mark: ',' | ':'): Expression => sequence(text(mark), optional(text(' ')));

/** `item` so many times, with commas between. */
export function list(item: Expression, min: number, max: number): Expression {
  if (max === 0) return sequence();
  const more = repeat(sequence(separator(','), item), Math.max(min - 1, 0), max - 1);
  const some = sequence(item, more);
  return min === 0 ? optional(some) : some;
}

export const VALUE = 'json-value';

/** Rules for any value at all. */
export function valueRules(): [string, Expression][] {
  const member = sequence(
    quoted(repeat(STRING_CHARACTER, 0, Infinity)),
    separator(':'),
    rule(VALUE),
  );
  return [
    [
      VALUE,
      choice(
        quoted(repeat(STRING_CHARACTER, 0, Infinity)),
        NUMBER,
        BOOLEAN,
        NULL,
        sequence(text('['), list(rule(VALUE), 0, Infinity), text(']')),
        sequence(text('{'), list(member, 0, Infinity), text('}')),
      ),
    ],
  ];
}

const SHORT_ESCAPES = new Map([
  [0x22, '\\"'],
  [0x5c, '\\\\'],
  [0x08, '\\b'],
  [0x0c, '\\f'],
  [0x0a, '\\n'],
  [0x0d, '\\r'],
  [0x09, '\\t'],
]);

const escape = (codePoint: number): string =>
  SHORT_ESCAPES.get(codePoint) ?? `\\u${codePoint.toString(16).padStart(4, '0')}`;

/** The expression as it is written inside a string: what must be escaped is. */
export function insideString(expression: Expression): Expression {
  switch (expression.type) {
    case 'text':
      return text(JSON.stringify(expression.text).slice(1, -1));
    case 'characters':
      return escapedCharacters(expression.ranges);
    case 'sequence':
      return sequence(...expression.items.map(insideString));
    case 'choice':
      return choice(...expression.options.map(insideString));
    case 'repeat':
      return repeat(insideString(expression.item), expression.min, expression.max);
    case 'rule':
      return expression;
  }
}

function escapedCharacters(ranges: readonly CodePointRange[]): Expression {
  const isIn = (codePoint: number): boolean =>
    ranges.some(([from, to]) => codePoint >= from && codePoint <= to);
  const escaped = ESCAPED.flatMap(([from, to]) =>
    Array.from({ length: to - from + 1 }, (_, i) => from + i),
  ).filter(isIn);
  const plain = complement([...complement(ranges), ...ESCAPED]);
  const options = escaped.map((codePoint) => text(escape(codePoint)));
  return choice(...(plain.length > 0 ? [characters(...plain)] : []), ...options);
}
