// Every training command after the other, each on what the one before wrote, as a user runs them.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { llm, llmJson } from './test/run-llm.ts';
import { lossesOf, mean } from './test/run-losses.ts';
import { TINY_MODEL, writeTinyFiles } from './test/tiny-files.ts';
import type { TinyFiles } from './test/tiny-files.ts';

const CPU = ['--backend', 'cpu'];
const MODEL_FILES = [
  'config.json',
  'generation_config.json',
  'model.safetensors',
  'tokenizer.json',
  'tokenizer_config.json',
];
let folder = '';
let files: TinyFiles;
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'llm-chain-'));
  files = writeTinyFiles(folder);
  const trained = await llm(
    ...['pretrain', '--data', files.text, '--out', at('base'), ...TINY_MODEL],
    ...['--steps', '40', '--learning-rate', '0.01'],
  );
  expect(trained.stderr).not.toContain('llm pretrain:');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('llm pretrain', () => {
  it('learns, and writes a model folder, a log and a checkpoint', () => {
    expect(readdirSync(at('base'))).toEqual(
      expect.arrayContaining([...MODEL_FILES, 'metrics.jsonl', 'checkpoint-40']),
    );
    const losses = lossesOf(at('base'));
    expect(losses).toHaveLength(40);
    expect(losses[0]).toBeCloseTo(Math.log(270), 0); // uniform over the vocabulary
    expect(mean(losses.slice(-5))).toBeLessThan(mean(losses.slice(0, 5)) - 1);
  });

  it('takes a tokenizer of its own and the GPT-2 family', async () => {
    await llmJson(
      ...['tokenizer', 'train', '--data', files.text, '--out', at('tok'), '--vocab-size', '280'],
    );
    const result = await llmJson(
      ...['pretrain', '--data', files.text, '--out', at('gpt2'), '--tokenizer', at('tok')],
      ...['--arch', 'gpt2', '--steps', '2', ...TINY_MODEL],
    );
    expect(result).toMatchObject({ out: at('gpt2'), step: 2, steps: 2, stopReason: 'finished' });
    // 280·16 + 48·16 embeddings, 12·16² + 13·16 in the block, 2·16 in the last norm
    expect(result['parameters']).toBe(280 * 16 + 48 * 16 + 12 * 16 ** 2 + 13 * 16 + 2 * 16);
  });
});

describe('fine-tuning', () => {
  const common = (): string[] => ['--model', at('base'), '--learning-rate', '0.005', ...CPU];

  it('sft trains the whole model', async () => {
    const result = await llmJson(
      ...['sft', ...common(), '--data', files.pairs, '--out', at('sft'), '--steps', '15'],
    );
    expect(result).toMatchObject({
      step: 15,
      stopReason: 'finished',
      resumedFrom: 0,
      data: { rows: 4, examples: 4, dropped: 0 },
    });
    expect(readdirSync(at('sft'))).toEqual(expect.arrayContaining(MODEL_FILES));
    expect(result['loss']).toBeLessThan(lossesOf(at('sft'))[0] as number);
  });

  it('sft --lora writes an adapter that generate and score read', async () => {
    await llmJson(
      ...['sft', ...common(), '--data', files.pairs, '--out', at('lora'), '--steps', '10'],
      ...['--lora', '--lora-rank', '4', '--lora-dropout', '0.1'],
    );
    expect(readdirSync(at('lora'))).toEqual(
      expect.arrayContaining(['adapter_config.json', 'adapter_model.safetensors']),
    );
    const score = (...more: string[]) =>
      llmJson<{ nll: number }>(
        ...['score', '--model', at('base'), '--prompt', 'Capital of Peru? Lima.', ...CPU, ...more],
      );
    const [plain, adapted] = [await score(), await score('--adapter', `a=${at('lora')}`)];
    expect(adapted.nll).toBeLessThan(plain.nll);
  });

  it.each([
    ['PROMPT_TUNING', ['--prompt-tuning', '4', '--prompt-text', 'Capital of']],
    ['P_TUNING', ['--p-tuning', '4']],
    ['PREFIX_TUNING', ['--prefix', '4', '--prefix-projection']],
  ])('sft writes %s that score and generate read', async (type, flags) => {
    const out = at(type);
    await llmJson(
      ...['sft', ...common(), '--data', files.pairs, '--out', out, '--steps', '12', ...flags],
      ...['--learning-rate', '0.02'],
    );
    const config = JSON.parse(readFileSync(join(out, 'adapter_config.json'), 'utf8')) as object;
    expect(config).toMatchObject({ peft_type: type, num_virtual_tokens: 4 });
    const ask = ['--model', at('base'), '--prompt', 'Capital of Peru? Lima.', ...CPU];
    const score = (...more: string[]) => llmJson<{ nll: number }>('score', ...ask, ...more);
    const [plain, adapted] = [await score(), await score('--adapter', `a=${out}`)];
    expect(adapted.nll).toBeLessThan(plain.nll);
    const line = ['generate', ...ask, '--adapter', `a=${out}`, '--greedy', '--max-new-tokens', '3'];
    expect((await llmJson<{ ids: number[] }>(...line)).ids).toHaveLength(3);
  });

  it('reward trains a model that ppo takes from its folder', async () => {
    const trained = await llmJson(
      ...['reward', ...common(), '--data', files.preferences, '--out', at('reward')],
      ...['--steps', '20'],
    );
    expect(trained['accuracy']).toBeGreaterThan(0.5);
    const aligned = await llmJson<{ metrics: Record<string, number> }>(
      ...['ppo', ...common(), '--reward', at('reward'), '--data', files.prompts],
      ...['--out', at('ppo'), '--updates', '2', '--batch', '4', '--epochs', '2'],
      ...['--mini-batches', '2', '--max-new-tokens', '6'],
    );
    expect(aligned).toMatchObject({ update: 2, updates: 2, step: 8, data: { prompts: 4 } });
    expect(Object.keys(aligned.metrics)).toEqual(
      expect.arrayContaining(['objective/kl', 'objective/scores', 'loss/policy_avg']),
    );
    expect(readdirSync(at('ppo'))).toEqual(expect.arrayContaining(MODEL_FILES));
  });

  it('dpo widens the margin between the answers', async () => {
    const result = await llmJson<{ metrics: Record<string, number> }>(
      ...['dpo', ...common(), '--data', files.preferences, '--out', at('dpo'), '--steps', '15'],
    );
    expect(result.metrics['rewards/margins']).toBeGreaterThan(0);
    expect(result.metrics['rewards/accuracies']).toBe(1);
  });
});

describe('llm generate', () => {
  const generate = (...more: string[]) =>
    llmJson<{ ids: number[]; text: string; finishReason: string }>(
      ...['generate', '--model', at('base'), ...CPU, ...more],
    );

  it('gives ids, text and why it stopped; the same from text and from ids', async () => {
    const fromText = await generate(
      ...['--prompt', 'The capital of', '--greedy', '--max-new-tokens', '5'],
    );
    expect(Object.keys(fromText)).toEqual(['ids', 'text', 'finishReason']);
    expect(fromText.ids).toHaveLength(5);
    expect(fromText.finishReason).toBe('length');
    const { ids } = await llmJson<{ ids: number[] }>(
      ...['tokenizer', 'encode', '--model', at('base'), '--text', 'The capital of'],
    );
    const fromIds = await generate('--ids', ids.join(), '--greedy', '--max-new-tokens', '5');
    expect(fromIds).toEqual(fromText);
  });

  it('repeats itself for a seed and differs for another', async () => {
    const sample = (seed: string) =>
      generate('--prompt', 'The', '--temperature', '1', '--seed', seed, '--max-new-tokens', '12');
    const [first, again, other] = [await sample('1'), await sample('1'), await sample('2')];
    expect(again).toEqual(first);
    expect(other.ids).not.toEqual(first.ids);
  });

  it('gives several texts of beam search with their scores, best first', async () => {
    const { texts } = await llmJson<{ texts: { ids: number[]; score: number }[] }>(
      ...['generate', '--model', at('base'), ...CPU, '--prompt', 'The', '--beams', '4', '--n', '3'],
      ...['--max-new-tokens', '6', '--length-penalty', '0.5'],
    );
    expect(texts).toHaveLength(3);
    expect(texts[0]!.score).toBeGreaterThanOrEqual(texts[2]!.score);
    expect(new Set(texts.map(({ ids }) => String(ids))).size).toBe(3);
  });

  it('writes what a schema, an expression or a grammar demands', async () => {
    const schema = '{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"]}';
    const json = await generate('--prompt', 'The', '--json-schema', schema);
    expect(JSON.parse(json.text)).toEqual({ a: expect.any(Number) as number });
    writeFileSync(at('rules.gbnf'), 'root ::= ("yes" | "no") "!"');
    const ruled = await generate('--prompt', 'The', '--grammar', at('rules.gbnf'));
    expect(['yes!', 'no!']).toContain(ruled.text);
    const { text } = await generate('--prompt', 'The', '--regex', '[a-c]{4}');
    expect(text).toMatch(/^[a-c]{4}$/);
    const { code, stderr } = await llm(
      ...['generate', '--model', at('base'), ...CPU, '--prompt', 'The', '--regex', 'a('],
    );
    expect(code).toBe(1);
    expect(stderr).toContain('regex: character 3: expected a closing )');
  });

  it('writes the same with a draft model and with prompt look-up', async () => {
    const common = ['--prompt', 'The capital of', '--greedy', '--max-new-tokens', '10'];
    const plain = await generate(...common);
    expect(await generate(...common, '--draft', at('sft'))).toEqual(plain);
    expect(await generate(...common, '--prompt-lookup')).toEqual(plain);
    expect((await generate(...common, '--cache', 'int8')).ids).toHaveLength(10);
  });

  it('stops before --stop, and prints just that', async () => {
    const common = ['--prompt', 'The', '--greedy', '--max-new-tokens', '12'];
    const { text } = await generate(...common);
    const stop = text.slice(4, 6);
    const cut = await generate(...common, '--stop', stop);
    expect(cut).toMatchObject({ text: text.slice(0, text.indexOf(stop)), finishReason: 'stop' });
    const printed = await llm(
      ...['generate', '--model', at('base'), ...CPU, ...common, '--stop', stop],
    );
    expect(printed.stdout).toBe(`${cut.text}\n`);
  });

  it('gives log-probabilities of the tokens and of the likeliest', async () => {
    const result = await llmJson<{
      logprobs: number[];
      topLogprobs: { token: number }[][];
      ids: number[];
    }>(
      ...['generate', '--model', at('base'), ...CPU, '--prompt', 'The', '--greedy'],
      ...['--max-new-tokens', '3', '--logprobs', '2'],
    );
    expect(result.topLogprobs.map((top) => top[0]!.token)).toEqual(result.ids);
    expect(result.logprobs.every((logprob) => logprob < 0)).toBe(true);
  });

  it.each([
    [['--prompt', 'a', '--logit-bias', '5:1'], '--logit-bias: expected ID=NUMBER'],
    [['--prompt', 'a', '--regex', 'a', '--grammar', 'b'], 'expected one of --json-schema'],
    [['--ids', '1', '--suffix', 'b'], '--suffix: expected --prompt beside it'],
  ])('refuses %j', async (argv, message) => {
    const { code, stderr } = await llm('generate', '--model', at('base'), ...CPU, ...argv);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  it('stops at the end of the context and says so', async () => {
    const ids = Array(40).fill(5).join();
    const { code, stdout, stderr } = await llm(
      ...['generate', '--model', at('base'), '--ids', ids, '--min-new-tokens', '20', ...CPU],
    );
    expect(code).toBe(0);
    expect(stdout.trim().split(' ')).toHaveLength(9); // 48 − 40, and one that is not read again
    expect(stderr).toContain("at most 9 tokens: the model's context is 48");
  });
});

describe('llm score', () => {
  it('gives the top logits, highest first, and the mean negative log-likelihood', async () => {
    const score = (...ids: number[]) =>
      llmJson<{ logits: [number, number][]; nll: number | null }>(
        ...['score', '--model', at('base'), '--ids', ids.join(), '--top', '270', ...CPU],
      );
    const [one, two] = [await score(40), await score(40, 41)];
    expect(Object.keys(two)).toEqual(['logits', 'nll']);
    expect(one.nll).toBeNull();
    const values = one.logits.map(([, value]) => value);
    expect(values).toEqual([...values].sort((a, b) => b - a));
    // nll of [40, 41] = −log softmax(logits after 40)[41]
    const logSum = Math.log(values.reduce((sum, value) => sum + Math.exp(value), 0));
    const logit = one.logits.find(([id]) => id === 41)?.[1] as number;
    expect(two.nll).toBeCloseTo(logSum - logit, 4);
    const { tokens } = await llmJson<{ tokens: { id: number; logprob: number }[] }>(
      ...['score', '--model', at('base'), '--ids', '40,41', '--each', ...CPU],
    );
    expect(tokens).toEqual([{ id: 41, logprob: expect.closeTo(-two.nll!, 4) as number }]);
  });
});

describe('llm memory', () => {
  it('counts the very bytes of a folder', async () => {
    const { parts, parameters } = await llmJson<{
      parts: { name: string; bytes: number }[];
      parameters: number;
    }>('memory', '--model', at('gpt2'));
    const weights = parts.find(({ name }) => name === 'weights')?.bytes;
    expect(weights).toBe(4 * parameters); // float32, as it is stored
  });

  it('knows that 7B parameters in 16 bits take 14 GB', async () => {
    const { stdout } = await llm('memory', '--params', '7B');
    expect(stdout).toMatch(/weights +14\.00 GB/);
  });
});
