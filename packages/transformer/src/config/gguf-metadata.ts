// Typed look-ups in a GGUF file's key–value metadata.
import { ConfigError } from '../errors.ts';

export type GgufMetadata = ReadonlyMap<string, unknown>;

/** A number, or undefined when the key is absent. 32-bit floats are rounded to the 7 digits they hold. */
export function ggufOptionalNumber(metadata: GgufMetadata, key: string): number | undefined {
  const value = metadata.get(key);
  if (value === undefined) return undefined;
  if (typeof value !== 'number' && typeof value !== 'bigint') {
    throw new ConfigError(
      `gguf: ${key}: expected a number, got ${typeof value}. The file is damaged.`,
    );
  }
  return Number.isInteger(Number(value)) ? Number(value) : Number(Number(value).toPrecision(7));
}

export function ggufNumber(metadata: GgufMetadata, key: string): number {
  const value = ggufOptionalNumber(metadata, key);
  if (value === undefined) {
    throw new ConfigError(
      `gguf: ${key}: expected a number, got nothing. The file holds no whole model.`,
    );
  }
  return value;
}

/** The vocabulary's size: stated, or the number of tokens listed. */
export function ggufVocabSize(metadata: GgufMetadata, architecture: string): number {
  const stated = ggufOptionalNumber(metadata, `${architecture}.vocab_size`);
  if (stated !== undefined) return stated;
  const tokens = metadata.get('tokenizer.ggml.tokens');
  if (Array.isArray(tokens)) return tokens.length;
  return ggufNumber(metadata, `${architecture}.vocab_size`);
}

/** The special tokens that a model's configuration repeats. */
export function ggufTokenIds(metadata: GgufMetadata): Record<string, number | undefined> {
  return {
    bosTokenId: ggufOptionalNumber(metadata, 'tokenizer.ggml.bos_token_id'),
    eosTokenId: ggufOptionalNumber(metadata, 'tokenizer.ggml.eos_token_id'),
    padTokenId: ggufOptionalNumber(metadata, 'tokenizer.ggml.padding_token_id'),
  };
}
