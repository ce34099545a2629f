// `llm eval` with a tiny model; what it says is what `llm score` and `llm generate` say, one text at a time.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { llm, llmJson } from '../test/run-llm.ts';
import { TINY_MODEL, writeTinyFiles } from '../test/tiny-files.ts';

const CPU = ['--backend', 'cpu'];
let folder = '';
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'llm-eval-'));
  const { text } = writeTinyFiles(folder);
  const steps = ['--steps', '30', '--learning-rate', '0.01'];
  await llm('pretrain', '--data', text, '--out', at('model'), ...TINY_MODEL, ...steps);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, content: string): string {
  writeFileSync(at(name), content);
  return at(name);
}
const rows = (...values: object[]): string =>
  values.map((value) => `${JSON.stringify(value)}\n`).join('');

const evaluate = <T>(data: string, ...more: string[]) =>
  llmJson<T>('eval', '--model', at('model'), '--data', data, ...CPU, ...more);

async function encode(text: string): Promise<number[]> {
  const { ids } = await llmJson<{ ids: number[] }>(
    ...['tokenizer', 'encode', '--model', at('model'), '--text', text],
  );
  return ids;
}

/** −log p of ids 1…, in nats. */
async function nats(ids: readonly number[]): Promise<number> {
  if (ids.length < 2) return 0;
  const { nll } = await llmJson<{ nll: number }>(
    ...['score', '--model', at('model'), '--ids', ids.join(), ...CPU],
  );
  return nll * (ids.length - 1);
}

async function endOfText(): Promise<number> {
  const [id, ...more] = await encode('<|endoftext|>');
  expect(more).toEqual([]);
  return id!;
}

interface TextResult {
  readonly task: string;
  readonly bitsPerByte: number;
  readonly perplexity: number;
  readonly tokens: number;
  readonly bytes: number;
  readonly documents: number;
}

describe('llm eval of texts', () => {
  it('sums what llm score says of each block', async () => {
    const text = 'The capital of Perú is Lima.'; // 28 letters, 29 bytes
    const end = await endOfText();
    const ids = [end, ...(await encode(text)), end];
    let sum = 0;
    for (let start = 0; start < ids.length - 1; start += 7) {
      sum += await nats(ids.slice(start, start + 8)); // 7 predicted from 7 read
    }
    const data = write('held.txt', text);
    const result = await evaluate<TextResult>(data, '--block', '7', '--batch', '1');
    expect(result).toMatchObject({ task: 'text', tokens: ids.length - 1, bytes: 29, documents: 1 });
    expect(result.perplexity).toBeCloseTo(Math.exp(sum / (ids.length - 1)), 3);
    expect(result.bitsPerByte).toBeCloseTo(sum / Math.LN2 / 29, 4);
  });

  it('gives the same for every --batch, over several parts and files', async () => {
    const corpus = readFileSync(at('corpus.txt'), 'utf8').slice(0, 700);
    const [a, b] = [write('a.txt', corpus), write('b.jsonl', rows({ text: 'Rome.' }))];
    const one = await evaluate<TextResult>(a, '--data', b, '--block', '16', '--batch', '1');
    const many = await evaluate<TextResult>(a, '--data', b, '--block', '16', '--batch', '64');
    expect(one.documents).toBe(2);
    expect(one.tokens).toBeGreaterThan(16 * 4 * 3); // more than three parts of one block a batch
    expect(many.perplexity).toBeCloseTo(one.perplexity, 3);
  });

  it('reads overlapping windows with --stride, the text alone with --raw', async () => {
    const text = 'The capital of Peru is Lima, the capital of Italy is Rome.';
    const ids = await encode(text);
    // Windows of 9 tokens every 4, as in Hugging Face's recipe: the first predicts 8, the others 4.
    let sum = 0;
    for (let start = 0, end = 1; end < ids.length; start += 4) {
      const window = ids.slice(start, start + 9);
      const known = ids.slice(start, end); // predicted before, or given
      sum += (await nats(window)) - (await nats(known));
      end = start + window.length;
    }
    const data = write('stride.txt', text);
    const flags = ['--block', '9', '--stride', '4', '--raw'];
    const result = await evaluate<TextResult>(data, ...flags, '--batch', '2');
    expect(result).toMatchObject({ tokens: ids.length - 1, block: 9, stride: 4 });
    expect(result.perplexity).toBeCloseTo(Math.exp(sum / (ids.length - 1)), 3);
    const apart = await evaluate<TextResult>(data, '--block', '9', '--raw');
    expect(apart.tokens).toBe(result.tokens);
    expect(apart.perplexity).not.toBeCloseTo(result.perplexity, 3);
  });

  it('finds text like that it was trained on likelier than noise', async () => {
    const known = await evaluate<TextResult>(at('corpus.txt'));
    const noise = await evaluate<TextResult>(write('noise.txt', 'zq xv jj kw 0987 '.repeat(9)));
    expect(known.bitsPerByte).toBeLessThan(noise.bitsPerByte - 1);
  });
});

describe('llm eval of prompts with completions', () => {
  const answerTo = async (prompt: string): Promise<string> => {
    const { text } = await llmJson<{ text: string }>(
      ...['generate', '--model', at('model'), '--prompt', prompt, '--greedy', ...CPU],
      ...['--max-new-tokens', '6'],
    );
    return text;
  };

  it('counts the greedy answers that are the expected ones', async () => {
    const [first, second] = [await answerTo('The capital'), await answerTo('of Spain')];
    const data = write(
      'pairs.jsonl',
      rows(
        { prompt: 'The capital', completion: ` ${first}\n` }, // spaces at the ends are free
        { prompt: 'of Spain', completion: `${second}!` },
        { instruction: 'x', output: 'never this answer' },
      ),
    );
    const result = await evaluate<{ answers: object[] }>(data, '--max-new-tokens', '6');
    expect(result).toMatchObject({ task: 'match', exactMatch: 1 / 3, right: 1, rows: 3 });
    expect(result.answers.slice(0, 2)).toEqual([
      { answer: first, expected: ` ${first}\n`, isRight: true },
      { answer: second, expected: `${second}!`, isRight: false },
    ]);
  });

  it('cuts answers at --until and can leave case and punctuation aside', async () => {
    const answer = await answerTo('The capital');
    const cut = answer.slice(0, answer.indexOf(' ', 1) < 0 ? 2 : answer.indexOf(' ', 1));
    const end = answer.slice(cut.length)[0]!;
    const data = write(
      'until.jsonl',
      rows({ prompt: 'The capital', completion: `${cut.toUpperCase()}!` }),
    );
    const flags = ['--max-new-tokens', '6', '--until', end === ' ' ? ' ' : end];
    const strict = await evaluate<{ exactMatch: number }>(data, ...flags);
    const free = await evaluate<{ exactMatch: number; answers: { answer: string }[] }>(
      ...[data, ...flags, '--ignore-case', '--ignore-punctuation'],
    );
    expect([strict.exactMatch, free.exactMatch]).toEqual([0, 1]);
    expect(answer.startsWith(free.answers[0]!.answer)).toBe(true);
    expect(free.answers[0]!.answer.length).toBeLessThan(answer.length);
  });

  it('says when a prompt leaves too little room, and refuses one that leaves none', async () => {
    const long = write('long.jsonl', rows({ prompt: 'zqxvjk0987'.repeat(4), completion: 'x' }));
    const argv = ['eval', '--model', at('model'), ...CPU, '--data'];
    const fits = await llm(...argv, long);
    expect([fits.code, fits.stderr]).toEqual([
      0,
      expect.stringMatching(/at most \d+ tokens an answer: the model's context is 48/),
    ]);
    const longer = write('longer.jsonl', rows({ prompt: 'zq'.repeat(40), completion: 'x' }));
    const refused = await llm(...argv, longer);
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringMatching(/row 1: expected a prompt of 1 to 48 tokens.*got \d+/),
    ]);
  });
});

describe('llm eval of multiple choice', () => {
  it('takes the likeliest choice, by its sum and by that for each character', async () => {
    const questions = [
      { prompt: 'The capital of Peru is', choices: ['zq0.', 'Lima.'], answer: 1 },
      { question: 'The capital of Italy is', choices: ['Rome.', 'zqxvjk 098'], answer: 'B' },
      { prompt: 'The capital of Spain is', choices: ['Madrid.', 'zq'], answer: 'Madrid.' },
    ];
    const logprob = async (prompt: string, choice: string): Promise<number> => {
      const before = await encode(prompt);
      const whole = await encode(`${prompt} ${choice}`);
      expect(whole.slice(0, before.length)).toEqual(before);
      return (await nats(before)) - (await nats(whole));
    };
    const expected = await Promise.all(
      questions.map(async ({ prompt, question, choices }) =>
        Promise.all(choices.map((choice) => logprob((prompt ?? question)!, choice))),
      ),
    );
    const result = await evaluate<{
      accuracy: number;
      answers: { answer: number; bySum: number; byLength: number; logprobs: number[] }[];
    }>(write('choices.jsonl', rows(...questions)));
    expect(result).toMatchObject({ task: 'choice', questions: 3, cut: 0 });
    expect(result.answers.map(({ answer }) => answer)).toEqual([1, 1, 0]);
    for (const [i, { logprobs, bySum, byLength }] of result.answers.entries()) {
      logprobs.forEach((value, j) => expect(value).toBeCloseTo(expected[i]![j]!, 3));
      const [a, b] = expected[i]! as [number, number];
      const [one, two] = questions[i]!.choices as [string, string];
      expect(bySum).toBe(a > b ? 0 : 1);
      expect(byLength).toBe(a / one.length > b / two.length ? 0 : 1);
    }
    expect(result.answers[0]!.bySum).toBe(1); // it was trained on the capital of Peru
    const right = result.answers.filter(({ answer, bySum }) => answer === bySum).length;
    expect(result.accuracy).toBeCloseTo(right / 3, 10);
  });
});

describe('llm eval of preferences', () => {
  it('compares the sums of log-probabilities that llm score gives', async () => {
    const pairs = [
      { prompt: 'The capital of Peru is', chosen: ' Lima.', rejected: ' zq0.' },
      { prompt: 'The capital of Peru is', chosen: ' zq xv jk 9.', rejected: ' Rome.' },
    ];
    const end = await endOfText();
    const logprob = async (prompt: string, answer: string): Promise<[number, number]> => {
      const [before, whole] = [await encode(prompt), [...(await encode(prompt + answer)), end]];
      expect(whole.slice(0, before.length)).toEqual(before);
      return [(await nats(before)) - (await nats(whole)), whole.length - before.length];
    };
    const margins: number[] = [];
    for (const { prompt, chosen, rejected } of pairs) {
      const [[good], [bad]] = [await logprob(prompt, chosen), await logprob(prompt, rejected)];
      margins.push(good - bad);
    }
    expect(margins.map(Math.sign)).toEqual([1, -1]);
    const result = await evaluate<{ margin: number }>(
      write('p.jsonl', rows(...pairs, { prompt: 'x', chosen: 'zq'.repeat(40), rejected: 'a' })),
    );
    expect(result).toMatchObject({ task: 'preference', accuracy: 0.5, pairs: 2, dropped: 1 });
    expect(result.margin).toBeCloseTo((margins[0]! + margins[1]!) / 2, 3);
  });

  it('also compares means over tokens', async () => {
    // The same tokens once and eight times over: the longer has the smaller sum, here the larger mean.
    const data = write(
      'means.jsonl',
      rows({ prompt: 'q', chosen: 'zThe capital of Peru is Lima.\n', rejected: 'z' }),
    );
    const result = await evaluate<{ accuracy: number; accuracyPerToken: number }>(data);
    expect([result.accuracy, result.accuracyPerToken]).toEqual([0, 1]);
  });
});

describe('llm eval told wrong', () => {
  it.each([
    ['--data @columns.jsonl', 1, 'columns.jsonl: row 1: expected the columns text'],
    ['--data @corpus.txt --data @preferences.jsonl', 1, 'expected files of one kind'],
    ['--data @corpus.txt --block 49', 1, "--block: expected at most 48, the model's context"],
    ['--data @none.txt', 1, 'none.txt: expected a file, found none'],
    ['--data @chats.jsonl', 1, 'expected a model with a chat template'],
    ['--data @corpus.txt --block 8 --stride 9', 1, '--stride: expected at most --block 8, got 9'],
    ['--data @choices.jsonl', 1, 'choices.jsonl: row 1: expected in answer an index from 0 to 1'],
    [
      '--data @corpus.txt --task sums',
      2,
      '--task: expected one of text, match, choice, preference',
    ],
    ['', 2, '--data: expected a value'],
  ])('llm eval %s exits %i', async (line, code, message) => {
    write('columns.jsonl', rows({ title: 'x' }));
    write('choices.jsonl', rows({ prompt: 'x', choices: ['a', 'b'], answer: 2 }));
    write('chats.jsonl', rows({ messages: [{ role: 'assistant', content: 'x' }] }));
    const words = line.split(' ').filter((word) => word !== '');
    const argv = words.map((word) => word.replace(/^@/, `${folder}/`));
    const result = await llm('eval', '--model', at('model'), ...CPU, ...argv);
    expect([result.code, result.stdout]).toEqual([code, '']);
    expect(result.stderr).toContain(message);
  });
});
