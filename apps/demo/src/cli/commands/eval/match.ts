// How often the greedy answer to a prompt is the expected text, spaces at both ends aside (and case and
// punctuation, if asked).
import { DataError, exactMatch, sampleTexts, tokenizePrompt } from '@llm/align';
import type { SftRow, Text } from '@llm/align';
import { readSftRows } from '../../../data/rows.ts';
import { contextLength } from '../../../models/context-length.ts';
import { checkConversations } from '../../conversation-check.ts';
import { inParts, percent } from './evaluation.ts';
import type { Evaluation, EvaluationInput } from './evaluation.ts';

interface Question {
  readonly prompt: Text;
  readonly expected: string;
}

function questionOf(row: SftRow, index: number): Question {
  if ('messages' in row) return lastTurn(row.messages, [], index);
  const { prompt, completion } = row;
  if (typeof completion === 'string') return { prompt, expected: completion };
  return lastTurn(completion, typeof prompt === 'string' ? [] : prompt, index);
}

/** A conversation asks for its last turn. */
function lastTurn(
  turns: Exclude<Text, string>,
  before: Exclude<Text, string>,
  index: number,
): Question {
  const last = turns.at(-1);
  if (last?.role === 'assistant') {
    return { prompt: [...before, ...turns.slice(0, -1)], expected: last.content };
  }
  throw new DataError(
    `--data: row ${index + 1}: expected a conversation that ends with the assistant, got ${last?.role ?? 'none'}. Add the expected answer.`,
  );
}

/** --max-new-tokens, or what the longest prompt leaves, which is said. */
function answerLength(questions: readonly Question[], input: EvaluationInput): number {
  const { model, tokenizer, maxNewTokens, output } = input;
  const context = contextLength(model);
  const lengths = questions.map(({ prompt }) => tokenizePrompt(tokenizer, prompt).length);
  const wrong = lengths.findIndex((length) => length > context || length === 0);
  if (wrong >= 0) {
    throw new DataError(
      `--data: row ${wrong + 1}: expected a prompt of 1 to ${context} tokens, the model's context, got ${lengths[wrong]}. Change or leave out the row.`,
    );
  }
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0);
  const room = context - longest + 1; // the last token is not read again
  if (maxNewTokens <= room) return maxNewTokens;
  output.note(`at most ${room} tokens an answer: the model's context is ${context}`);
  return room;
}

/** Before the first of the texts that end an answer. */
function cutAt(text: string, until: readonly string[]): string {
  const ends = until.map((end) => text.indexOf(end)).filter((place) => place >= 0);
  return text.slice(0, Math.min(text.length, ...ends));
}

function comparable(
  text: string,
  { ignoreCase, ignorePunctuation }: Pick<EvaluationInput, 'ignoreCase' | 'ignorePunctuation'>,
): string {
  const cased = ignoreCase ? text.toLowerCase() : text;
  return ignorePunctuation ? cased.replace(/[!-/:-@[-`{-~]/g, '') : cased; // ASCII's, as lm-evaluation-harness
}

export async function evaluateMatch(input: EvaluationInput): Promise<Evaluation> {
  const { model, tokenizer, data, path, batch } = input;
  const rows = await readSftRows(data);
  checkConversations(rows, tokenizer, path);
  const questions = rows.map(questionOf);
  const maxNewTokens = answerLength(questions, input);
  const answers: string[] = [];
  await inParts(questions, batch, input, async (part) => {
    const prompts = part.map(({ prompt }) => prompt);
    const options = { samples: 1, temperature: 0, maxNewTokens, batchSize: batch };
    const texts = await sampleTexts(model, tokenizer, prompts, options);
    answers.push(...texts.map(([text]) => cutAt(text ?? '', input.until)));
  });
  const expected = questions.map((question) => question.expected);
  const same = (texts: readonly string[]) => texts.map((text) => comparable(text, input));
  const share = exactMatch(same(answers), same(expected));
  const right = Math.round(share * questions.length);
  return {
    document: {
      exactMatch: share,
      right,
      rows: questions.length,
      answers: answers.map((answer, i) => ({
        answer,
        expected: expected[i],
        isRight: exactMatch(same([answer]), same([expected[i]!])) === 1,
      })),
    },
    lines: [`exact match ${percent(share)}: ${right} of ${questions.length} answers`],
  };
}
