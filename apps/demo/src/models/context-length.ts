// How many tokens a model was made to read at once.
import type { CausalLm } from '@llm/transformer';

export function contextLength({ config }: CausalLm): number {
  return config.modelType === 'gpt2' ? config.nPositions : config.maxPositionEmbeddings;
}
