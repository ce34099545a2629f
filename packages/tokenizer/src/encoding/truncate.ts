/** Truncation as Rust `tokenizers` does it: windows of the allowed length, of which the first is kept. */
import { TokenizerError } from '../errors.ts';
import { asObject, integerField, isObject, optionalString } from '../io/json-fields.ts';
import { Encoding, EMPTY_COLUMNS } from './encoding.ts';

export interface TruncationOptions {
  /** Most tokens, special ones included. */
  readonly maxLength: number;
  /** Tokens that an overflowing part shares with the part before. @default 0 */
  readonly stride?: number;
  /** Which text of a pair is cut. @default 'longest_first' */
  readonly strategy?: 'longest_first' | 'only_first' | 'only_second';
  /** The side that is cut off. @default 'right' */
  readonly direction?: 'right' | 'left';
}

/** @param json `truncation` of a tokenizer.json. */
export function parseTruncation(json: unknown, path: string): TruncationOptions | undefined {
  if (!isObject(json)) return undefined;
  const truncation = asObject(json, path);
  const strategies = {
    LongestFirst: 'longest_first',
    OnlyFirst: 'only_first',
    OnlySecond: 'only_second',
  } as const;
  const strategy = optionalString(truncation, 'strategy', path) ?? 'LongestFirst';
  return {
    maxLength: integerField(truncation, 'max_length', path, 512),
    stride: integerField(truncation, 'stride', path, 0),
    strategy: strategies[strategy as keyof typeof strategies] ?? 'longest_first',
    direction: truncation['direction'] === 'Left' ? 'left' : 'right',
  };
}

/** @param options `maxLength` without the tokens that the post-processor will add. */
export function truncateEncodings(
  first: Encoding,
  second: Encoding | undefined,
  options: TruncationOptions,
): [Encoding, Encoding | undefined] {
  const { maxLength, strategy = 'longest_first' } = options;
  const cut = (encoding: Encoding, length: number): Encoding => truncate(encoding, length, options);
  if (maxLength === 0) return [cut(first, 0), second && cut(second, 0)];
  const surplus = first.length + (second?.length ?? 0) - maxLength;
  if (surplus <= 0) return [first, second];
  if (strategy === 'longest_first') {
    if (second === undefined) return [cut(first, first.length - surplus), undefined];
    const [a, b] = shareLength(first.length, second.length, maxLength);
    return [cut(first, a), cut(second, b)];
  }
  const target = strategy === 'only_first' ? first : second;
  if (target === undefined || target.length <= surplus) {
    throw new TokenizerError(
      `encode: truncation: expected a ${strategy === 'only_first' ? 'first' : 'second'} text longer than ${surplus} tokens with strategy ${strategy}, got ${target?.length ?? 'none'}. Choose longest_first.`,
    );
  }
  const shorter = cut(target, target.length - surplus);
  return strategy === 'only_first' ? [shorter, second] : [first, shorter];
}

/** The longer text gives way first; if both are too long, each gets half. */
function shareLength(first: number, second: number, maxLength: number): [number, number] {
  const isSwapped = first > second;
  let short = isSwapped ? second : first;
  let long = short > maxLength ? short : Math.max(short, maxLength - short);
  if (short + long > maxLength) {
    short = Math.floor(maxLength / 2);
    long = short + (maxLength % 2);
  }
  return isSwapped ? [long, short] : [short, long];
}

function truncate(encoding: Encoding, maxLength: number, options: TruncationOptions): Encoding {
  const { stride = 0, direction = 'right' } = options;
  if (maxLength >= encoding.length) return encoding;
  if (maxLength === 0) return new Encoding(EMPTY_COLUMNS, [encoding]);
  if (stride >= maxLength) {
    throw new TokenizerError(
      `encode: truncation.stride: expected less than the ${maxLength} tokens that special tokens leave, got ${stride}.`,
    );
  }
  const windows = direction === 'right' ? forwards : backwards;
  const parts = windows(encoding.length, maxLength, maxLength - stride).map(([start, end]) =>
    encoding.slice(start, end),
  );
  return new Encoding(parts[0] as Encoding, parts.slice(1));
}

function forwards(length: number, size: number, step: number): [number, number][] {
  const windows: [number, number][] = [];
  for (let start = 0; ; start += step) {
    const end = Math.min(start + size, length);
    windows.push([start, end]);
    if (end === length) return windows;
  }
}

function backwards(length: number, size: number, step: number): [number, number][] {
  const windows: [number, number][] = [];
  for (let end = length; ; end -= step) {
    const start = Math.max(0, end - size);
    windows.push([start, end]);
    if (start === 0) return windows;
  }
}
