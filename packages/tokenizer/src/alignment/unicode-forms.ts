/**
 * Unicode normalization (UAX #15) that keeps alignments: characters are decomposed one by one, put in canonical order,
 * and composed again pair by pair, each step noting what it inserted and dropped. The text equals `normalize(form)`.
 */
import { COMBINING_CLASSES } from '../unicode/combining-classes.data.ts';
import type { AlignedText, Change } from './aligned-text.ts';

export type UnicodeForm = 'NFC' | 'NFD' | 'NFKC' | 'NFKD';

const classes: { table?: ReadonlyMap<number, number> } = {};

/** Canonical combining class; 0 for a starter. */
export function combiningClass(character: string): number {
  const table = (classes.table ??= readClasses());
  return table.get(character.codePointAt(0) as number) ?? 0;
}

function readClasses(): Map<number, number> {
  const table = new Map<number, number>();
  const numbers = COMBINING_CLASSES.split(' ').map((text) => Number.parseInt(text, 36));
  let next = 0;
  for (let i = 0; i < numbers.length; i += 3) {
    next += numbers[i] as number;
    for (let left = numbers[i + 1] as number; left > 0; left--)
      table.set(next++, numbers[i + 2] as number);
  }
  return table;
}

export function normalizeAligned(text: AlignedText, form: UnicodeForm): AlignedText {
  const plain = text.text.normalize(form);
  if (plain === text.text) return text;
  const decomposed = decompose(text.text, form === 'NFD' || form === 'NFC' ? 'NFD' : 'NFKD');
  const isComposed = form === 'NFC' || form === 'NFKC';
  return text.transform(isComposed ? compose(decomposed) : decomposed);
}

function decompose(text: string, form: 'NFD' | 'NFKD'): Change[] {
  const result: Change[] = [];
  /** Where the run of marks at the end begins: marks are put in the order of their classes. */
  let marks = 0;
  const sortMarks = (): void => {
    const run = result.splice(marks);
    run.sort((a, b) => combiningClass(a.character) - combiningClass(b.character));
    result.push(...run);
  };
  for (const original of text) {
    let change = 0;
    for (const character of original.normalize(form)) {
      if (combiningClass(character) === 0) {
        if (result.length - marks > 1) sortMarks();
        result.push({ character, change });
        marks = result.length;
      } else result.push({ character, change });
      change = 1;
    }
  }
  if (result.length - marks > 1) sortMarks();
  return result;
}

/** A mark joins the starter before it unless one of its own or a higher class stands between. */
function compose(decomposed: readonly Change[]): Change[] {
  const result: Change[] = [];
  let starter = -1;
  let lastClass = -1;
  for (const item of decomposed) {
    const itemClass = combiningClass(item.character);
    const base = result[starter];
    const joined =
      base !== undefined && lastClass < itemClass
        ? joinPair(base.character, item.character)
        : undefined;
    if (base !== undefined && joined !== undefined) {
      result[starter] = { character: joined, change: base.change + item.change - 1 };
      continue;
    }
    if (itemClass === 0) {
      starter = result.length;
      lastClass = -1;
    } else lastClass = itemClass;
    result.push(item);
  }
  return result;
}

function joinPair(first: string, second: string): string | undefined {
  const joined = (first + second).normalize('NFC');
  const length = (joined.codePointAt(0) as number) > 0xffff ? 2 : 1;
  return joined.length === length ? joined : undefined;
}
