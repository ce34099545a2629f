// How a sentence-embedding model wants to be used: what modules.json and the files it names say, as the
// sentence-transformers library writes them. A folder without them is pooled by the mean and scaled.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EncoderModel, Pooling } from '@llm/transformer';

export interface SentenceSettings {
  readonly pooling: Pooling;
  readonly normalize: boolean;
  readonly isLowerCase: boolean;
  /** Longest text in tokens, special ones included; Infinity where no file says. */
  readonly maxLength: number;
}

type Json = Readonly<Record<string, unknown>>;

const POOLING_FLAGS: Readonly<Record<string, Pooling>> = {
  pooling_mode_mean_tokens: 'mean',
  pooling_mode_cls_token: 'cls',
  pooling_mode_max_tokens: 'max',
};

async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Error(`--model: ${path}: expected JSON, got something else. Is the file complete?`);
  }
}

const asObject = (value: unknown): Json =>
  typeof value === 'object' && value !== null ? (value as Json) : {};

function poolingOf(config: Json, path: string): Pooling {
  const asked = Object.keys(config).filter(
    (key) => key.startsWith('pooling_mode_') && config[key] === true,
  );
  const pooling = POOLING_FLAGS[asked[0] ?? ''];
  if (asked.length === 1 && pooling !== undefined) return pooling;
  throw new Error(
    `--model: ${path}: expected one of ${Object.keys(POOLING_FLAGS).join(', ')}, got ${asked.join(', ') || 'none'}. Choose with --pooling, or take another model.`,
  );
}

interface Module {
  /** `Pooling` of `sentence_transformers.models.Pooling`. */
  readonly kind: string;
  readonly path: string;
}

const moduleOf = (value: unknown): Module => {
  const { type, path } = asObject(value);
  return { kind: String(type).split('.').at(-1) as string, path: String(path ?? '') };
};

function checkKinds(modules: readonly Module[], path: string): void {
  const known = ['Transformer', 'Pooling', 'Normalize'];
  const other = modules.find(({ kind }) => !known.includes(kind));
  if (!other) return;
  throw new Error(
    `--model: ${path}: expected modules among ${known.join(', ')}, got ${other.kind}. Take another model.`,
  );
}

/** @param pooling what the user asked for, which goes before the files */
export async function sentenceSettings(
  folder: string,
  pooling: Pooling | undefined,
): Promise<SentenceSettings> {
  const path = join(folder, 'modules.json');
  const json = await readJson(path);
  const modules = Array.isArray(json) ? json.map(moduleOf) : [];
  checkKinds(modules, path);
  const pool = modules.find(({ kind }) => kind === 'Pooling');
  const poolPath = join(folder, pool?.path ?? '', 'config.json');
  const limits = asObject(await readJson(join(folder, 'sentence_bert_config.json')));
  const longest = limits['max_seq_length'];
  return {
    pooling: pooling ?? (pool ? poolingOf(asObject(await readJson(poolPath)), poolPath) : 'mean'),
    normalize: modules.length === 0 || modules.some(({ kind }) => kind === 'Normalize'),
    isLowerCase: limits['do_lower_case'] === true,
    maxLength: typeof longest === 'number' ? longest : Infinity,
  };
}

/** How many tokens an encoder can read at once; RoBERTa's positions begin after that of the padding. */
export function encoderLength({ config }: EncoderModel): number {
  const { modelType, maxPositionEmbeddings, padTokenId } = config;
  return modelType === 'roberta' ? maxPositionEmbeddings - padTokenId - 1 : maxPositionEmbeddings;
}
