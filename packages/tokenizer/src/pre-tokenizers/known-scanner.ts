/** Which pre-tokenizers of tokenizer.json have a hand-written scanner over bytes. */
import { isObject } from '../io/json-fields.ts';
import type { ScanPiece } from './scan-gpt2.ts';
import { gpt2Scanner } from './scan-gpt2.ts';

export interface KnownScanner {
  readonly scan: ScanPiece;
  /** A space goes before text that does not begin with one. */
  readonly addPrefixSpace: boolean;
}

/** Undefined: only the general pre-tokenizer can split as `json` says. */
export function knownScanner(json: unknown): KnownScanner | undefined {
  if (!isObject(json)) return undefined;
  if (json['type'] === 'ByteLevel') {
    if (json['use_regex'] === false) return undefined;
    return { scan: gpt2Scanner(false), addPrefixSpace: json['add_prefix_space'] !== false };
  }
  if (json['type'] !== 'Sequence' || !Array.isArray(json['pretokenizers'])) return undefined;
  const [digits, byteLevel, ...more] = json['pretokenizers'] as unknown[];
  const isSmollm =
    more.length === 0 &&
    isObject(digits) &&
    digits['type'] === 'Digits' &&
    digits['individual_digits'] === true &&
    isObject(byteLevel) &&
    byteLevel['type'] === 'ByteLevel' &&
    byteLevel['add_prefix_space'] === false &&
    byteLevel['use_regex'] !== false;
  return isSmollm ? { scan: gpt2Scanner(true), addPrefixSpace: false } : undefined;
}
