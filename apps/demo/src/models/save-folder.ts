// A model as a Hugging Face folder: weights, configuration and tokenizer together.
import { saveModel } from '@llm/transformer';
import type { CausalLm } from '@llm/transformer';
import type { Tokenizer } from '@llm/tokenizer';

export async function saveFolder(
  directory: string,
  model: CausalLm,
  tokenizer: Tokenizer,
): Promise<void> {
  await saveModel(model, directory);
  await tokenizer.save(directory);
}
