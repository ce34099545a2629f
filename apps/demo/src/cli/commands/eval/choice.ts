// Multiple choice: the model takes the answer that it finds likeliest after the question, as in
// lm-evaluation-harness. Nothing is generated.
import { chooseLikeliest, DataError, scoreContinuations } from '@llm/align';
import type { ContinuationScore } from '@llm/align';
import { readJsonLines } from '../../../data/text-files.ts';
import { contextLength } from '../../../models/context-length.ts';
import { inParts, percent } from './evaluation.ts';
import type { Evaluation, EvaluationInput } from './evaluation.ts';

interface Question {
  readonly prompt: string;
  readonly choices: readonly string[];
  /** Index of the right choice. */
  readonly answer: number;
}

async function readQuestions(paths: readonly string[]): Promise<Question[]> {
  const questions: Question[] = [];
  for (const path of paths) {
    let number = 0;
    for await (const row of readJsonLines(path)) {
      number += 1;
      questions.push(parseQuestion(row, `${path}: row ${number}`));
    }
  }
  return questions;
}

function parseQuestion(row: Record<string, unknown>, where: string): Question {
  const prompt = row['prompt'] ?? row['question'];
  const { choices } = row;
  if (typeof prompt !== 'string') {
    throw new DataError(`${where}: expected a string in prompt or question, got ${typeof prompt}.`);
  }
  if (!Array.isArray(choices) || choices.length < 2 || !choices.every(isText)) {
    throw new DataError(`${where}: expected at least two non-empty strings in choices.`);
  }
  return { prompt, choices, answer: parseAnswer(row['answer'], choices, where) };
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** An index from 0, the right choice's text, or its letter. */
function parseAnswer(answer: unknown, choices: readonly string[], where: string): number {
  const named = typeof answer === 'string' ? choices.indexOf(answer) : -1;
  if (named >= 0) return named;
  const index =
    typeof answer === 'string' && /^[A-Z]$/.test(answer) ? answer.charCodeAt(0) - 65 : answer;
  if (typeof index === 'number' && Number.isInteger(index) && index >= 0 && index < choices.length)
    return index;
  throw new DataError(
    `${where}: expected in answer an index from 0 to ${choices.length - 1}, a letter or one of the choices, got ${JSON.stringify(answer)}.`,
  );
}

export async function evaluateChoice(input: EvaluationInput): Promise<Evaluation> {
  const { model, tokenizer, data, batch, delimiter, output } = input;
  const questions = await readQuestions(data);
  const scores: ContinuationScore[][] = [];
  await inParts(questions, batch, input, (part) => {
    const items = part.flatMap(({ prompt, choices }) =>
      choices.map((choice) => ({ context: prompt, continuation: `${delimiter}${choice}` })),
    );
    const found = scoreContinuations(model, tokenizer, items, {
      ...{ maxLength: contextLength(model), batchSize: batch },
    });
    for (const { choices } of part) scores.push(found.splice(0, choices.length));
  });
  const cut = scores.flat().filter((score) => score.cut > 0).length;
  if (cut > 0) output.note(`${cut} questions with a choice lost their beginning to the context`);
  const chosen = questions.map(({ choices }, i) => chooseLikeliest(scores[i]!, choices));
  const share = (by: 'bySum' | 'byLength') =>
    questions.filter(({ answer }, i) => chosen[i]![by] === answer).length / questions.length;
  const [accuracy, accuracyNormalized] = [share('bySum'), share('byLength')];
  return {
    document: {
      ...{ accuracy, accuracyNormalized, questions: questions.length, cut },
      answers: questions.map(({ answer }, i) => ({
        ...{ answer, ...chosen[i]!, logprobs: scores[i]!.map(({ logprob }) => logprob) },
      })),
    },
    lines: [
      `accuracy ${percent(accuracy)} by the choices' log-probability, ${percent(accuracyNormalized)} by that for each character`,
      `${questions.length} questions`,
    ],
  };
}
