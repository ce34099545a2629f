// A model as a Hugging Face folder: weights, configuration and tokenizer together.
import { EncoderModel, saveEncoder, saveModel, saveSeq2Seq, Seq2SeqLm } from '@llm/transformer';
import type { CausalLm } from '@llm/transformer';
import type { Tokenizer } from '@llm/tokenizer';

export async function saveFolder(
  directory: string,
  model: CausalLm | EncoderModel | Seq2SeqLm,
  tokenizer: Tokenizer,
): Promise<void> {
  if (model instanceof EncoderModel) await saveEncoder(model, directory);
  else if (model instanceof Seq2SeqLm) await saveSeq2Seq(model, directory);
  else await saveModel(model, directory);
  await tokenizer.save(directory);
}
