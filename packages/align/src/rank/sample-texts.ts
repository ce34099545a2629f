// Several answers to each prompt, as texts: what is then ranked.
import type { CausalLm } from '@llm/transformer';
import type { Text } from '../data/rows.ts';
import { tokenizePrompt } from '../data/tokenize-completion.ts';
import type { TextTokenizer } from '../data/tokenizer.ts';
import { sampleAnswers } from '../ppo/rollout.ts';

export interface SampleTextOptions {
  /** Answers to each prompt. @default 4 */
  samples?: number;
  /** @default 53 */
  maxNewTokens?: number;
  /** 0 gives the same answer every time. @default 1 */
  temperature?: number;
  /** @default the tokenizer's eosTokenId */
  stopTokens?: readonly number[];
  /** Rows of one generation. @default 32 */
  batchSize?: number;
  /** @default 0 */
  seed?: number;
}

/** @returns for each prompt its answers, without the stop token */
export async function sampleTexts(
  model: CausalLm,
  tokenizer: TextTokenizer,
  prompts: readonly Text[],
  options: SampleTextOptions = {},
): Promise<string[][]> {
  const { samples = 4, batchSize = 32, seed = 0, maxNewTokens, temperature = 1 } = options;
  const eos = tokenizer.eosTokenId === undefined ? undefined : [tokenizer.eosTokenId];
  const stopTokens = options.stopTokens ?? eos;
  const rows = prompts.flatMap((prompt) => {
    const ids = tokenizePrompt(tokenizer, prompt);
    return Array.from({ length: samples }, () => ids);
  });
  const texts: string[] = [];
  for (let start = 0; start < rows.length; start += batchSize) {
    const part = rows.slice(start, start + batchSize);
    const given = { maxNewTokens, temperature, stopTokens, seed: seed + start };
    for (const { completionIds, isFinished } of await sampleAnswers(model, part, given)) {
      texts.push(tokenizer.decode(isFinished ? completionIds.slice(0, -1) : completionIds));
    }
  }
  return prompts.map((_, i) => texts.slice(i * samples, (i + 1) * samples));
}
