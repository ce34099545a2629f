// Typed look-ups in a GGUF file's key–value metadata.
import { ConfigError } from '../errors.ts';

export type GgufMetadata = ReadonlyMap<string, unknown>;

/** The values of the tensors that hold numbers of the configuration, where the file has them. */
export interface RopeFactors {
  /** `rope_freqs`: what each frequency is divided by. */
  readonly all?: readonly number[];
  /** `rope_factors_short`, `rope_factors_long`. */
  readonly short?: readonly number[];
  readonly long?: readonly number[];
}

/** A file's metadata as its architecture reads it. */
export class GgufHeader {
  readonly metadata: GgufMetadata;
  /** `general.architecture`. */
  readonly architecture: string;
  readonly tensorNames: ReadonlySet<string>;
  readonly factors: RopeFactors;

  constructor(
    metadata: GgufMetadata,
    tensorNames: Iterable<string> = [],
    factors: RopeFactors = {},
  ) {
    this.metadata = metadata;
    this.architecture = String(metadata.get('general.architecture'));
    this.tensorNames = new Set(tensorNames);
    this.factors = factors;
  }

  /** A number under `ARCHITECTURE.key`, or undefined when the key is absent. 32-bit floats are rounded to
   *  the 7 digits they hold. */
  optional(key: string): number | undefined {
    return this.#number(`${this.architecture}.${key}`);
  }

  /** @throws ConfigError when the key is absent */
  number(key: string): number {
    const value = this.optional(key);
    if (value !== undefined) return value;
    throw new ConfigError(
      `gguf: ${this.architecture}.${key}: expected a number, got nothing. The file holds no whole model.`,
    );
  }

  /** Whatever is under `ARCHITECTURE.key`. */
  value(key: string): unknown {
    return this.metadata.get(`${this.architecture}.${key}`);
  }

  /** The vocabulary's size: stated, or the number of tokens listed. */
  vocabSize(): number {
    const tokens = this.metadata.get('tokenizer.ggml.tokens');
    if (Array.isArray(tokens) && this.optional('vocab_size') === undefined) return tokens.length;
    return this.number('vocab_size');
  }

  /** The special tokens that a model's configuration repeats. */
  tokenIds(): Record<string, number> {
    return defined({
      bosTokenId: this.#number('tokenizer.ggml.bos_token_id'),
      eosTokenId: this.#number('tokenizer.ggml.eos_token_id'),
      padTokenId: this.#number('tokenizer.ggml.padding_token_id'),
    });
  }

  #number(key: string): number | undefined {
    const value = this.metadata.get(key);
    if (value === undefined) return undefined;
    if (typeof value !== 'number' && typeof value !== 'bigint') {
      throw new ConfigError(
        `gguf: ${key}: expected a number, got ${typeof value}. The file is damaged.`,
      );
    }
    return Number.isInteger(Number(value)) ? Number(value) : Number(Number(value).toPrecision(7));
  }
}

/** Without the fields that are undefined, so that defaults show through. */
export function defined<T>(fields: Readonly<Record<string, T | undefined>>): Record<string, T> {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Record<string, T>;
}
