/** Which pre-tokenizers of tokenizer.json have a hand-written scanner over bytes. */
import { isObject } from '../io/json-fields.ts';
import { CL100K_SOURCE, GPT2_SOURCE, O200K_SOURCE } from '../tiktoken/encodings.ts';
import { wordScanner } from './scan-cl100k.ts';
import type { ScanPiece } from './scan-gpt2.ts';
import { gpt2Scanner } from './scan-gpt2.ts';

export interface KnownScanner {
  readonly scan: ScanPiece;
  /** A space goes before text that does not begin with one. */
  readonly addPrefixSpace: boolean;
}

const contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const tail = '\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';
const words = (digits: string): string =>
  `${contractions}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|${tail}`;

export const LLAMA3_SOURCE = words('\\p{N}{1,3}');
export const QWEN2_SOURCE = words('\\p{N}');

/** Ways to write the same pattern: greedy or possessive where it makes no difference. */
function canonical(source: string): string {
  return source
    .replaceAll('?+', '?')
    .replaceAll('++', '+')
    .replaceAll('\\s*[\\r\\n]|', '\\s*[\\r\\n]+|')
    .replace(/\|\\s$/u, '|\\s+');
}

function scannerFor(source: string): ScanPiece | undefined {
  switch (canonical(source)) {
    case canonical(GPT2_SOURCE):
      return gpt2Scanner(false);
    case canonical(LLAMA3_SOURCE):
      return wordScanner({ maxDigits: 3 });
    case canonical(QWEN2_SOURCE):
      return wordScanner({ maxDigits: 1 });
    case canonical(CL100K_SOURCE):
      return wordScanner({ maxDigits: 3, wholeEnd: true });
    case canonical(O200K_SOURCE):
      return wordScanner({ maxDigits: 3, byCase: true });
    default:
      return undefined;
  }
}

/** Undefined: only the general pre-tokenizer can split as `json` says. */
export function knownScanner(json: unknown): KnownScanner | undefined {
  if (!isObject(json)) return undefined;
  if (json['type'] === 'ByteLevel') {
    if (json['use_regex'] === false) return undefined;
    return { scan: gpt2Scanner(false), addPrefixSpace: json['add_prefix_space'] !== false };
  }
  if (json['type'] !== 'Sequence' || !Array.isArray(json['pretokenizers'])) return undefined;
  const [first, byteLevel, ...more] = json['pretokenizers'] as unknown[];
  if (more.length > 0 || !isObject(first) || !isObject(byteLevel)) return undefined;
  if (byteLevel['type'] !== 'ByteLevel' || byteLevel['add_prefix_space'] !== false)
    return undefined;
  const scan = byteLevel['use_regex'] === false ? splitScanner(first) : digitsScanner(first);
  return scan && { scan, addPrefixSpace: false };
}

/** SmolLM's single digits, and then GPT-2's pattern. */
function digitsScanner(json: { readonly [key: string]: unknown }): ScanPiece | undefined {
  const isDigits = json['type'] === 'Digits' && json['individual_digits'] === true;
  return isDigits ? gpt2Scanner(true) : undefined;
}

function splitScanner(json: { readonly [key: string]: unknown }): ScanPiece | undefined {
  const { pattern } = json;
  if (json['type'] !== 'Split' || json['behavior'] !== 'Isolated' || json['invert'] === true)
    return undefined;
  const source = isObject(pattern) ? pattern['Regex'] : undefined;
  return typeof source === 'string' ? scannerFor(source) : undefined;
}
