// The tokenizer's part of a GGUF file's metadata, fitted to the model.
import type { GgufMetadataValue } from '@llm/tensor/io';
import { CheckpointError } from '../errors.ts';
import type { ModelConfig } from '../config/config.ts';

const TOKENS = 'tokenizer.ggml.tokens';
const TYPES = 'tokenizer.ggml.token_type';
const SCORES = 'tokenizer.ggml.scores';
const UNUSED = 5; // llama.cpp's token type
const NEVER = -10000; // score of a token that no text gives

/** Keys and values; those that no GGUF file can hold are refused when they are written. */
export type Metadata = Iterable<readonly [key: string, value: unknown]>;

/** The tokenizer's entries with as many tokens as the model has rows, or, where there are none, what says
 *  that the file has no vocabulary; and the special ids of the configuration, unless the tokenizer states
 *  them. Throws CheckpointError for more tokens than rows. */
export function vocabularyEntries(
  config: ModelConfig,
  tokenizer: Metadata,
): Map<string, GgufMetadataValue> {
  const entries = new Map(tokenizer) as Map<string, GgufMetadataValue>;
  const tokens = entries.get(TOKENS);
  if (Array.isArray(tokens)) pad(entries, tokens, config.vocabSize);
  else entries.set('tokenizer.ggml.model', 'no_vocab');
  const { bosTokenId, eosTokenId, padTokenId } = config;
  const ids = {
    bos: bosTokenId,
    eos: typeof eosTokenId === 'number' ? eosTokenId : (eosTokenId?.[0] ?? null),
    padding: padTokenId,
  };
  for (const [role, id] of Object.entries(ids)) {
    const key = `tokenizer.ggml.${role}_token_id`;
    if (id !== null && !entries.has(key)) entries.set(key, id);
  }
  return entries;
}

function pad(
  entries: Map<string, GgufMetadataValue>,
  tokens: readonly unknown[],
  vocabSize: number,
): void {
  const missing = vocabSize - tokens.length;
  if (missing < 0) {
    throw new CheckpointError(
      `saveGguf: ${TOKENS}: expected at most the model's ${vocabSize} tokens, got ${tokens.length}. ` +
        "Use the model's own tokenizer.",
    );
  }
  if (missing === 0) return;
  const names = Array.from({ length: missing }, (_, i) => `[PAD${tokens.length + i}]`);
  entries.set(TOKENS, [...tokens.map(String), ...names]);
  const types = entries.get(TYPES);
  const rest = new Int32Array(missing).fill(UNUSED);
  if (types instanceof Int32Array) entries.set(TYPES, Int32Array.from([...types, ...rest]));
  const scores = entries.get(SCORES);
  const never = new Float32Array(missing).fill(NEVER);
  if (scores instanceof Float32Array) entries.set(SCORES, Float32Array.from([...scores, ...never]));
}
