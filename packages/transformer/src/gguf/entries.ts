// Metadata that is to be written: keys without the architecture's prefix, and tensors that hold numbers
// of the configuration.
import { ggufNumber, type GgufMetadataValue, type GgufNumber } from '@llm/tensor/io';
import { ConfigError } from '../errors.ts';

/** Key without the prefix → value; what is undefined is left out. */
export type GgufEntries = Readonly<Record<string, GgufMetadataValue | undefined>>;

/** What an architecture's configuration becomes in a file. */
export interface GgufConfig {
  /** `general.architecture`, the prefix of the keys. */
  readonly architecture: string;
  readonly entries: GgufEntries;
  /** Tensors besides the parameters, by name. */
  readonly factors?: Readonly<Record<string, readonly number[]>>;
}

export const float32 = (value: number): GgufNumber => ggufNumber('float32', value);

/** @throws ConfigError unless `holds`: llama.cpp's graph of the architecture is fixed there */
export function expectForGguf(
  holds: boolean,
  architecture: string,
  field: string,
  expected: string,
): void {
  if (holds) return;
  throw new ConfigError(
    `saveGguf: ${field}: expected ${expected}, which ${architecture} in llama.cpp is made for, ` +
      'got another value. Save a Hugging Face folder instead.',
  );
}
