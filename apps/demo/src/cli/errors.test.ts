// What users do wrong: each gets one clear line, the right exit code, and nothing half-written.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { llm } from './test/run-llm.ts';
import { TINY_MODEL, writeTinyFiles } from './test/tiny-files.ts';

let folder = '';
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'llm-errors-'));
  writeTinyFiles(folder);
  writeFileSync(at('empty.jsonl'), '');
  writeFileSync(
    at('latin1.jsonl'),
    Buffer.from('{"prompt":"caf\xe9","completion":"b"}\n', 'latin1'),
  );
  writeFileSync(at('columns.jsonl'), '{"question":"x","answer":"y"}\n');
  writeFileSync(at('broken.jsonl'), '{"prompt":"a","completion":"b"}\nnot JSON\n');
  writeFileSync(
    at('chats.jsonl'),
    '{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}\n',
  );
  writeFileSync(at('latin1.txt'), Buffer.from('caf\xe9\n', 'latin1'));
  mkdirSync(at('no-model'));
  await llm(
    ...['pretrain', '--data', at('corpus.txt'), '--out', at('model'), ...TINY_MODEL],
    ...['--steps', '1'],
  );
  const copy = (name: string): string => {
    cpSync(at('model'), at(name), { recursive: true });
    rmSync(join(at(name), 'checkpoint-1'), { recursive: true });
    return at(name);
  };
  truncateSync(join(copy('truncated'), 'model.safetensors'), 5000);
  writeFileSync(join(copy('lying'), 'model.safetensors'), Buffer.alloc(400, 0xff));
  rmSync(join(copy('weightless'), 'model.safetensors'));
  writeFileSync(join(copy('foreign'), 'config.json'), '{"model_type":"bert"}');
  const config = readFileSync(at('model/config.json'), 'utf8');
  writeFileSync(
    join(copy('misfit'), 'config.json'),
    config.replace(/"hidden_size": 16/, '"hidden_size": 32'),
  );
  writeFileSync(at('cut.gguf'), 'GGUF\x03\x00\x00\x00');
  copy('finished');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Words beginning with @ are paths in the test's folder. */
const argumentsOf = (line: string): string[] =>
  line.split(' ').map((word) => word.replace(/^@/, `${folder}/`));

/** Runs a line that must fail. */
async function failure(line: string, code: number): Promise<string> {
  const isPlaced = line.includes('--out');
  const result = await llm(...argumentsOf(isPlaced ? line : `${line} --out @out`));
  expect(result.stdout).toBe('');
  expect(result.code).toBe(code);
  expect(result.stderr).not.toMatch(/^\s+at /m); // no stack trace
  expect(existsSync(at('out'))).toBe(false);
  const last = result.stderr.trimEnd().split('\n').at(-1) as string;
  expect(last).toMatch(/^llm /);
  return last;
}

const PRETRAIN = `pretrain ${TINY_MODEL.join(' ')} --steps 1`;

describe('a data file that cannot be used exits 1 and is named', () => {
  it.each([
    [`${PRETRAIN} --data @none.txt`, 'none.txt: expected a file, found none'],
    [`${PRETRAIN} --data @latin1.txt`, 'latin1.txt: expected UTF-8'],
    [`${PRETRAIN} --data @no-model`, 'no-model: expected a .txt, .md or .jsonl file'],
    [`${PRETRAIN} --data @pairs.jsonl`, 'row 1: expected a string in "text"'],
    [`${PRETRAIN} --data @corpus.txt --context 9999 --block 9998`, 'more than --block 9998 tokens'],
    ['sft --model @model --data @none.jsonl', 'none.jsonl: expected a file, found none'],
    ['sft --model @model --data @empty.jsonl', 'empty.jsonl: expected text, got an empty file'],
    ['sft --model @model --data @latin1.jsonl', 'latin1.jsonl: expected UTF-8'],
    ['sft --model @model --data @columns.jsonl', 'got question, answer'],
    ['sft --model @model --data @broken.jsonl', 'broken.jsonl:2: expected a JSON object'],
    ['sft --model @model --data @chats.jsonl', 'expected a model with a chat template'],
    ['reward --model @model --data @pairs.jsonl', 'pairs.jsonl: row 1: chosen: expected'],
    ['dpo --model @model --data @pairs.jsonl', 'pairs.jsonl: row 1: chosen: expected'],
    ['ppo --model @model --reward @model --data @columns.jsonl', 'row 1: prompt: expected'],
  ])('llm %s', async (line, message) => {
    expect(await failure(`${line} --backend cpu`, 1)).toContain(message);
  });
});

describe('a model that is none exits 1 and says what it is', () => {
  const SFT = '--data @pairs.jsonl --backend cpu --model';
  it.each([
    [`sft ${SFT} @none`, 'none: expected a Hugging Face folder or a .gguf file, got nothing there'],
    [
      `sft ${SFT} @no-model`,
      "no-model: expected a language model's folder, got a folder without config.json",
    ],
    [
      `sft ${SFT} @corpus.txt`,
      'corpus.txt: expected a Hugging Face folder or a .gguf file, got a file of another kind',
    ],
    [`sft ${SFT} @empty.jsonl`, 'got an empty file'],
    [`sft ${SFT} @cut.gguf`, 'cut.gguf: gguf: expected'],
    [`sft ${SFT} @truncated`, 'truncated/model.safetensors: expected'],
    [`sft ${SFT} @lying`, 'lying/model.safetensors: header: expected at most'],
    [
      `sft ${SFT} @weightless`,
      "weightless: expected a language model's folder, got none of its weights",
    ],
    [`sft ${SFT} @foreign`, 'got "bert"'],
    [`sft ${SFT} @misfit`, 'misfit: model.embed_tokens.weight: expected [270, 32], got [270, 16]'],
    [
      'ppo --model @model --reward @model --data @prompts.jsonl --backend cpu',
      "expected a reward model's folder, got another model",
    ],
    ['ppo --model @model --reward @none --data @prompts.jsonl --backend cpu', '--reward'],
  ])('llm %s', async (line, message) => {
    expect(await failure(line, 1)).toContain(message);
  });
});

describe('an --out that is in use exits 1 before any work', () => {
  it.each([
    ['@corpus.txt', 'expected a folder, got a file on that path'],
    ['@corpus.txt/below', 'expected a folder, got a file on that path'],
    ['@model', "expected a folder other than --model's"],
    ['@finished', 'expected a folder without a model, got model.safetensors'],
  ])('llm sft --out %s', async (out, message) => {
    const line = `sft --model @model --data @pairs.jsonl --backend cpu --out ${out}`;
    expect(await failure(line, 1)).toContain(message);
  });

  it('llm pretrain over a run says --resume', async () => {
    const line = `${PRETRAIN} --data @corpus.txt --out @model`;
    expect(await failure(line, 1)).toMatch(/checkpoint-1\. .*--resume/);
  });
});

describe('a prompt that the model cannot read exits 1', () => {
  const long = Array(49).fill(1).join();
  it.each([
    ['--ids 1,270', "--ids: expected ids below the model's vocabulary of 270, got 270"],
    [`--ids ${long}`, "--ids: expected at most 48 tokens, the model's context, got 49"],
    ['--prompt x --chat', '--chat: expected a model with a chat template'],
    ['--prompt x --adapter a=@no-model', 'adapter_config.json'],
  ])('llm score and generate %s', async (flags, message) => {
    for (const name of ['score', 'generate']) {
      const { code, stderr } = await llm(
        ...argumentsOf(`${name} --model @model --backend cpu ${flags}`),
      );
      expect([code, stderr]).toEqual([1, expect.stringContaining(message)]);
    }
  });
});

describe('wrong usage exits 2 and points to --help', () => {
  it.each([
    ['generate --prompt x', '--model: expected a value, got none'],
    ['generate --model m', 'expected one of --prompt and --ids'],
    ['generate --model m --ids 1,x', '--ids: expected whole numbers'],
    ['generate --model m --ids 1 --chat', '--chat: expected --prompt'],
    [
      'generate --model m --prompt x --top-p 2',
      '--top-p: expected a number above 0 and of at most 1',
    ],
    ['generate --model m --prompt x --adapter y', '--adapter: expected NAME=DIR'],
    ['generate --model m --prompt x --min-new-tokens 9 --max-new-tokens 2', '--min-new-tokens'],
    ['generate --model m --prompt x --backend gpu', '--backend: expected one of'],
    ['generate --model m --promt x', '--promt: not an option. Did you mean --prompt?'],
    ['pretrain --data x --out y --heads 3', '--hidden: expected an even multiple of --heads 3'],
    ['pretrain --data x --out y --block 9 --context 8', '--block: expected at most --context 8'],
    ['ppo --model m --reward r --data d --out o --batch 3 --mini-batches 2', '--mini-batches'],
    ['sft --model m --data d --out o --lora --prefix 4', '--lora, --prefix: expected one of them'],
    ['sft --model m --data d --out o --prompt-text x', '--prompt-text: expected --prompt-tuning'],
    ['sft --model m --data d --out o --prefix 0', '--prefix: expected'],
    ['memory --params many', '--params: expected a number with'],
    ['memory --params 7B --type f8', '--type: expected one of'],
    ['memory', 'expected one of --model, --config and --params'],
    ['info extra', 'unexpected argument "extra"'],
  ])('llm %s', async (line, message) => {
    const { code, stderr, stdout } = await llm(...line.split(' '));
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(stderr).toContain('--help');
  });

  it('knows its commands', async () => {
    expect((await llm('generat')).stderr).toContain('Did you mean generate?');
    expect((await llm('generat')).code).toBe(2);
  });
});

describe('help', () => {
  const NAMES =
    'demo info tokenizer generate chat score embed fill-mask pretrain sft reward ppo grpo rloo dpo eval memory'.split(
      ' ',
    );

  it.each(NAMES)('llm %s --help shows usage and every common option', async (name) => {
    const { code, stdout } = await llm(name, '--help');
    expect(code).toBe(0);
    for (const word of [`llm ${name}`, '--json', '--seed', '--backend', '--threads']) {
      expect(stdout).toContain(word);
    }
    expect((await llm('help', name)).stdout).toBe(stdout);
  });

  it('lists every command', async () => {
    const { code, stdout } = await llm('--help');
    expect(code).toBe(0);
    for (const name of NAMES) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
  });
});
