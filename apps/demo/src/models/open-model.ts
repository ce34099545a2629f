// Opens what --model names: a Hugging Face folder or a .gguf file, with its tokenizer.
import { stat } from 'node:fs/promises';
import { loadModel } from '@llm/transformer';
import type { CausalLm } from '@llm/transformer';
import { Tokenizer } from '@llm/tokenizer';

export interface OpenModel {
  readonly model: CausalLm;
  readonly tokenizer: Tokenizer;
}

async function checkExists(path: string): Promise<void> {
  if (await stat(path).catch(() => undefined)) return;
  throw new Error(
    `--model: ${path}: expected a Hugging Face folder or a .gguf file, found nothing there. Check the path.`,
  );
}

/** The model alone; enough for commands that take --ids. The caller disposes it. */
export async function openModelOnly(path: string): Promise<CausalLm> {
  await checkExists(path);
  return loadModel(path);
}

/** Model and tokenizer. The caller disposes the model. */
export async function openModel(path: string): Promise<OpenModel> {
  await checkExists(path);
  const tokenizer = await Tokenizer.load(path);
  const model = await loadModel(path);
  return { model, tokenizer };
}
