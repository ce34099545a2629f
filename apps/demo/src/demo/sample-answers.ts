// The same few held-out questions put to the model of every stage, for the reader to compare.
import { stat } from 'node:fs/promises';
import { loadAdapter } from '@llm/peft';
import { loadModel } from '@llm/transformer';
import type { Question } from '../data/questions.ts';
import { greedyAnswers } from './examine.ts';
import type { StageContext } from './stage.ts';

export interface StageAnswers {
  readonly stage: string;
  readonly answers: readonly string[];
}

const STAGES = ['pretrained', 'sft', 'ppo', 'dpo'];

/** One question of each kind. */
export function sampleQuestions(questions: readonly Question[]): Question[] {
  const byField = new Map<string, Question>();
  for (const question of questions)
    if (!byField.has(question.field)) byField.set(question.field, question);
  return [...byField.values()];
}

async function answersOf(
  context: StageContext,
  stage: string,
  questions: readonly Question[],
): Promise<StageAnswers> {
  const isAdapter = stage === 'lora';
  const model = await loadModel(context.folder(isAdapter ? 'sft' : stage));
  try {
    if (isAdapter) await loadAdapter(model, context.folder('lora'));
    return { stage, answers: await greedyAnswers(model, context.tokenizer, questions) };
  } finally {
    model.dispose();
  }
}

export async function sampleAnswers(
  context: StageContext,
  questions: readonly Question[],
): Promise<StageAnswers[]> {
  const results: StageAnswers[] = [];
  for (const stage of [...STAGES, 'lora']) {
    if (await stat(context.folder(stage)).catch(() => undefined)) {
      results.push(await answersOf(context, stage, questions));
    }
  }
  return results;
}

/** An answer on one line, cut to what a terminal shows. */
export function oneLine(text: string, length = 60): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > length ? `${line.slice(0, length - 1)}…` : line;
}
