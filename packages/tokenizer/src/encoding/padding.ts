/** Padding: encodings of one batch brought to one length. */
import { TokenizerError } from '../errors.ts';
import { integerField, isObject, optionalString } from '../io/json-fields.ts';
import { addedColumns, concatenateEncodings, Encoding } from './encoding.ts';

export interface PaddingOptions {
  /** The longest of the batch, or a number of tokens; longer encodings stay as they are. @default 'longest' */
  readonly length?: 'longest' | number;
  /** The length is rounded up to a multiple of this. @default 1 */
  readonly multipleOf?: number;
  /** The side that is filled. @default 'right' */
  readonly direction?: 'right' | 'left';
  /** @default the tokenizer's pad token, else 0 */
  readonly padId?: number;
  /** @default 0 */
  readonly padTypeId?: number;
  /** @default the token of `padId` */
  readonly padToken?: string;
}

/** @param json `padding` of a tokenizer.json. */
export function parsePadding(json: unknown, path: string): PaddingOptions | undefined {
  if (!isObject(json)) return undefined;
  const strategy = json['strategy'];
  return {
    length: isObject(strategy) ? integerField(strategy, 'Fixed', `${path}.strategy`, 0) : 'longest',
    multipleOf: integerField(json, 'pad_to_multiple_of', path, 1),
    direction: json['direction'] === 'Left' ? 'left' : 'right',
    padId: integerField(json, 'pad_id', path, 0),
    padTypeId: integerField(json, 'pad_type_id', path, 0),
    padToken: optionalString(json, 'pad_token', path) ?? '[PAD]',
  };
}

export function padEncodings(
  encodings: readonly Encoding[],
  options: PaddingOptions & { readonly padId: number; readonly padToken: string },
): Encoding[] {
  const { length = 'longest', multipleOf = 1 } = options;
  if (!Number.isInteger(multipleOf) || multipleOf < 0) {
    throw new TokenizerError(
      `encode: padding.multipleOf: expected a whole number of at least 1, got ${multipleOf}.`,
    );
  }
  const goal =
    length === 'longest' ? encodings.reduce((max, item) => Math.max(max, item.length), 0) : length;
  const rounded = multipleOf > 1 ? Math.ceil(goal / multipleOf) * multipleOf : goal;
  return encodings.map((encoding) => pad(encoding, rounded, options));
}

function pad(
  encoding: Encoding,
  length: number,
  options: PaddingOptions & { readonly padId: number; readonly padToken: string },
): Encoding {
  const { padId, padToken, padTypeId = 0, direction = 'right' } = options;
  const overflowing = encoding.overflowing.map((part) => pad(part, length, options));
  const count = Math.max(0, length - encoding.length);
  const filler = new Encoding(
    addedColumns(
      new Array<number>(count).fill(padId),
      new Array<string>(count).fill(padToken),
      padTypeId,
      0,
    ),
  );
  const own = new Encoding(encoding);
  const parts = direction === 'right' ? [own, filler] : [filler, own];
  return new Encoding(concatenateEncodings(parts), overflowing);
}
