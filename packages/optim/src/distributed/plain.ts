// Plain values as text. JSON has no NaN and no infinities, which losses do have; numbers come back as the same bits.

/** What can be sent as text. */
export type Plain =
  | null
  | boolean
  | number
  | string
  | undefined
  | readonly Plain[]
  | { readonly [key: string]: Plain };

const MARK = '\u0000';

export function stringifyNumbers(value: Plain): string {
  const text = JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item !== 'number' || (Number.isFinite(item) && !Object.is(item, -0))) return item;
    return `${MARK}${Object.is(item, -0) ? '-0' : String(item)}`;
  });
  return text ?? 'null';
}

export function parseNumbers(text: string): Plain {
  return JSON.parse(text, (_key, item: unknown) =>
    typeof item === 'string' && item.startsWith(MARK) ? Number(item.slice(1)) : item,
  ) as Plain;
}
