// How many tokens a model was made to read at once.
import type { LanguageModel } from '@llm/transformer';

/** Infinity where positions are computed and not a table (T5). */
export function contextLength({ config }: LanguageModel): number {
  return config.modelType === 'gpt2' ? config.nPositions : config.maxPositionEmbeddings;
}
