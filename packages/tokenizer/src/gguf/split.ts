/** How text is split before byte-level BPE, by the name that a GGUF file gives it (`tokenizer.ggml.pre`, from llama.cpp). */
import { BpeModel } from '../bpe/bpe-model.ts';
import { UnsupportedComponentError } from '../errors.ts';
import type { TokenizerDefinition } from '../io/tokenizer-json.ts';
import { LLAMA3_SOURCE, QWEN2_SOURCE } from '../pre-tokenizers/known-scanner.ts';
import { O200K_SOURCE } from '../tiktoken/encodings.ts';

export interface Split {
  readonly preTokenizer: unknown;
  readonly normalizer?: unknown;
  readonly ignoreMerges?: boolean;
  /** What holds where the file does not say. */
  readonly addBos?: boolean;
}

export function byteLevelJson(useRegex: boolean): unknown {
  return { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: useRegex };
}

function splitJson(pattern: string): unknown {
  const split = { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false };
  return { type: 'Sequence', pretokenizers: [split, byteLevelJson(false)] };
}

/** Names that llama.cpp writes; `dbrx` is Llama 3's split without its way with whole pieces, `gpt-4o` is o200k's. */
const NAMES = ['gpt-2', 'smollm', 'llama-bpe', 'dbrx', 'qwen2', 'gpt-4o'] as const;

export function splitFor(name: string): Split {
  switch (name) {
    case 'gpt-2':
    case 'gpt2':
      return { preTokenizer: byteLevelJson(true) };
    case 'smollm': {
      const digits = { type: 'Digits', individual_digits: true };
      return { preTokenizer: { type: 'Sequence', pretokenizers: [digits, byteLevelJson(true)] } };
    }
    case 'llama-bpe':
    case 'llama3':
    case 'llama-v3':
      return { preTokenizer: splitJson(LLAMA3_SOURCE), ignoreMerges: true, addBos: true };
    case 'dbrx':
      return { preTokenizer: splitJson(LLAMA3_SOURCE) };
    case 'qwen2':
      return { preTokenizer: splitJson(QWEN2_SOURCE), normalizer: { type: 'NFC' } };
    case 'gpt-4o':
      return { preTokenizer: splitJson(O200K_SOURCE) };
    default:
      throw new UnsupportedComponentError(
        `fromGguf: tokenizer.ggml.pre: expected ${NAMES.join(', ')}, got ${JSON.stringify(name)}. Load the model's tokenizer.json instead.`,
      );
  }
}

/** The name of a tokenizer's split, found by comparing with what each name stands for; undefined: it has none. */
export function splitName(definition: TokenizerDefinition): string | undefined {
  const { preTokenizer, normalizer, model } = definition;
  const ignoresMerges = model instanceof BpeModel && (model.options.ignoreMerges ?? false);
  return NAMES.find((name) => {
    const split = splitFor(name);
    return (
      shapeOf(split.preTokenizer) === shapeOf(preTokenizer) &&
      shapeOf(split.normalizer ?? null) === shapeOf(normalizer) &&
      (split.ignoreMerges ?? false) === ignoresMerges
    );
  });
}

export const SPLIT_NAMES: readonly string[] = NAMES;

/** What decides the split, keys in one order: `trim_offsets` and `invert: false` do not. */
function shapeOf(json: unknown): string {
  return JSON.stringify(json, (key, value: unknown) => {
    if (key === 'trim_offsets' || (key === 'invert' && value === false)) return undefined;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
