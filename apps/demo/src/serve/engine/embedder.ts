// An encoder that embeds texts as its files say: pooled, scaled and lower-cased as sentence-transformers would.
import { embed, type EncoderModel } from '@llm/transformer';
import type { Tokenizer } from '@llm/tokenizer';
import type { SentenceSettings } from '../../models/sentence-settings.ts';
import type { EmbedderInfo, EmbedJob } from './messages.ts';
import { RefusedError } from './refusal.ts';

export class Embedder {
  readonly info: EmbedderInfo;
  readonly #model: EncoderModel;
  readonly #tokenizer: Tokenizer;
  readonly #settings: SentenceSettings;

  constructor(
    { model, tokenizer }: { readonly model: EncoderModel; readonly tokenizer: Tokenizer },
    settings: SentenceSettings,
    maxTokens: number,
  ) {
    this.#model = model;
    this.#tokenizer = tokenizer;
    this.#settings = settings;
    this.info = { dimensions: model.config.hiddenSize, maxTokens };
  }

  /** @throws RefusedError for a text that is empty or longer than the model reads */
  async embed({ inputs }: EmbedJob): Promise<{ embeddings: Float32Array[]; tokens: number }> {
    const sequences = inputs.map((input, i) => this.#ids(input, i));
    const { pooling, normalize } = this.#settings;
    const embeddings = await embed(this.#model, sequences, { pooling, normalize });
    return { embeddings, tokens: sequences.reduce((sum, { length }) => sum + length, 0) };
  }

  dispose(): void {
    this.#model.dispose();
  }

  #ids(input: string | readonly number[], index: number): readonly number[] {
    const { isLowerCase } = this.#settings;
    const ids =
      typeof input === 'string'
        ? this.#tokenizer.encode(isLowerCase ? input.toLowerCase() : input)
        : input;
    const { maxTokens } = this.info;
    const { vocabSize } = this.#model.config;
    const refuse = (expected: string, got: unknown): never => {
      throw new RefusedError(
        `input: expected ${expected}, got ${String(got)} in input ${index}.`,
        'input',
      );
    };
    if (ids.length === 0) refuse('at least one token', 'none');
    if (ids.length > maxTokens)
      refuse(`at most ${maxTokens} tokens, which the model reads`, ids.length);
    const wrong = ids.find((id) => id >= vocabSize);
    if (wrong !== undefined)
      refuse(`token ids below ${vocabSize}, the size of the vocabulary`, wrong);
    return ids;
  }
}
