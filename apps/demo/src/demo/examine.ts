// Examinations: greedy answers to questions, compared with the right ones.
import { exactMatch, sampleTexts } from '@llm/align';
import type { CausalLm } from '@llm/transformer';
import type { Tokenizer } from '@llm/tokenizer';
import type { Question } from '../data/questions.ts';
import { MAX_ANSWER_TOKENS } from './settings.ts';

export async function greedyAnswers(
  model: CausalLm,
  tokenizer: Tokenizer,
  questions: readonly Question[],
): Promise<string[]> {
  const prompts = questions.map(({ prompt }) => prompt);
  const answers = await sampleTexts(model, tokenizer, prompts, {
    samples: 1,
    temperature: 0,
    maxNewTokens: MAX_ANSWER_TOKENS,
  });
  return answers.map(([answer]) => answer ?? '');
}

/** Share of questions whose greedy answer equals the expected text. */
export async function examine(
  model: CausalLm,
  tokenizer: Tokenizer,
  questions: readonly Question[],
  expected: (question: Question) => string = ({ answer }) => answer,
): Promise<number> {
  return exactMatch(await greedyAnswers(model, tokenizer, questions), questions.map(expected));
}
