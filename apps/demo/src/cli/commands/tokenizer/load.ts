// The tokenizer that --model names.
import { Tokenizer } from '@llm/tokenizer';
import { UsageError } from '../../command.ts';

export async function loadTokenizer(path: string | undefined): Promise<Tokenizer> {
  if (path === undefined) throw new UsageError('--model: expected a value, got none.');
  return Tokenizer.load(path);
}
