// Opens what --model names: a Hugging Face folder or a .gguf file, with its tokenizer. What is plainly
// something else is refused with a word on what it is.
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Generator } from '@llm/tensor';
import { loadAnyModel, loadEncoder, loadModel, loadRewardModel } from '@llm/transformer';
import type { CausalLm, EncoderModel, LanguageModel } from '@llm/transformer';
import type { RewardModel, WeightStorage } from '@llm/transformer';
import { Tokenizer } from '@llm/tokenizer';

export interface OpenModel {
  readonly model: CausalLm;
  readonly tokenizer: Tokenizer;
}

export interface OpenOptions {
  /** What the model's dropout draws from, should it be trained. */
  readonly generator?: Generator;
  /** How matrices are kept. @default 'float32' */
  readonly weights?: WeightStorage;
}

type Kind = 'a language model' | 'a reward model' | 'an encoder';

function refusal(flag: string, path: string, expected: string, got: string): Error {
  return new Error(`${flag}: ${path}: expected ${expected}, got ${got}`);
}

async function isGguf(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.toString('latin1', 0, bytesRead) === 'GGUF';
  } finally {
    await file.close();
  }
}

/** Whether config.json is that of a model with one score in place of the vocabulary. */
async function isRewardConfig(folder: string): Promise<boolean> {
  try {
    const json = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')) as unknown;
    const names = (json as { architectures?: unknown } | null)?.architectures;
    return Array.isArray(names) && String(names[0]).endsWith('ForSequenceClassification');
  } catch {
    return false; // loading tells what is wrong with it
  }
}

async function checkFolder(flag: string, path: string, kind: Kind): Promise<void> {
  const names = new Set(await readdir(path));
  const expected = `${kind}'s folder`;
  if (!names.has('config.json')) {
    throw names.has('adapter_config.json')
      ? refusal(
          flag,
          path,
          expected,
          `an adapter. Give the model it was trained on, and --adapter NAME=${path}.`,
        )
      : refusal(flag, path, expected, 'a folder without config.json. Check the path.');
  }
  const isReward = await isRewardConfig(path);
  if (isReward && kind === 'a language model') {
    throw refusal(
      flag,
      path,
      expected,
      'a reward model. It scores texts: use it as --reward of `llm ppo`.',
    );
  }
  if (!isReward && kind === 'a reward model') {
    throw refusal(flag, path, expected, 'another model. Train one with `llm reward`.');
  }
  if (!names.has('model.safetensors') && !names.has('model.safetensors.index.json')) {
    throw refusal(
      flag,
      path,
      expected,
      'none of its weights (model.safetensors). Is the folder complete?',
    );
  }
}

async function checkPath(flag: string, path: string, kind: Kind): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  const form =
    kind === 'a language model' ? 'a Hugging Face folder or a .gguf file' : `${kind}'s folder`;
  if (!found) throw refusal(flag, path, form, 'nothing there. Check the path.');
  if (found.isDirectory()) return checkFolder(flag, path, kind);
  if (kind === 'a language model' && (await isGguf(path))) return;
  const got = found.size === 0 ? 'an empty file' : 'a file of another kind';
  throw refusal(flag, path, form, `${got}. Check the path.`);
}

/** @throws Error naming --model when a language model is plainly not there */
export const checkModelPath = (path: string): Promise<void> =>
  checkPath('--model', path, 'a language model');

/** The model alone; enough for commands that take --ids. The caller disposes it. */
export async function openModelOnly(path: string, options: OpenOptions = {}): Promise<CausalLm> {
  await checkModelPath(path);
  return loadModel(path, options);
}

/** A decoder or an encoder–decoder, alone: whatever writes text. The caller disposes it. */
export async function openWriter(path: string, options: OpenOptions = {}): Promise<LanguageModel> {
  await checkModelPath(path);
  const { family, model } = await loadAnyModel(path, options);
  if (family !== 'encoder') return model;
  model.dispose();
  throw refusal(
    '--model',
    path,
    'a model that writes',
    'an encoder. It reads only: use it with `llm embed` or `llm fill-mask`.',
  );
}

/** An encoder that was trained to fill masks in, and its tokenizer. The caller disposes the model. */
export async function openMaskedLm(path: string): Promise<OpenEncoder> {
  await checkPath('--model', path, 'an encoder');
  const tokenizer = await Tokenizer.load(path);
  const model = await loadEncoder(path);
  if (model.config.task === 'maskedLm') return { model, tokenizer };
  model.dispose();
  throw refusal(
    '--model',
    path,
    'an encoder with the head of a masked language model',
    `one for ${model.config.task}. Train one with \`llm pretrain --arch bert\`.`,
  );
}

/** Model and tokenizer. The caller disposes the model. */
export async function openModel(path: string, options: OpenOptions = {}): Promise<OpenModel> {
  await checkModelPath(path);
  const tokenizer = await Tokenizer.load(path);
  const model = await loadModel(path, options);
  return { model, tokenizer };
}

export interface OpenEncoder {
  readonly model: EncoderModel;
  readonly tokenizer: Tokenizer;
}

/** An encoder without a task's head, and its tokenizer. The caller disposes the model. */
export async function openEncoder(path: string): Promise<OpenEncoder> {
  await checkPath('--model', path, 'an encoder');
  const tokenizer = await Tokenizer.load(path);
  const model = await loadEncoder(path, { task: 'embedding' });
  return { model, tokenizer };
}

/** The reward model that --reward names. The caller disposes it. */
export async function openRewardModel(path: string): Promise<RewardModel> {
  await checkPath('--reward', path, 'a reward model');
  return loadRewardModel(path);
}
