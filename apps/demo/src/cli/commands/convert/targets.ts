// The two things `llm convert` writes: one GGUF file, or a Hugging Face folder.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BLOCK_TYPES } from '@llm/tensor/io';
import type { BlockType } from '@llm/tensor/io';
import type { Tokenizer } from '@llm/tokenizer';
import { saveGguf, saveModel } from '@llm/transformer';
import type { CausalLm } from '@llm/transformer';
import { UsageError } from '../../command.ts';
import type { Output } from '../../output.ts';

export type Format = 'gguf' | 'hf';

export interface Target {
  readonly format: Format;
  readonly out: string;
  readonly type: BlockType;
  /** Absent: the file gets no vocabulary. */
  readonly tokenizer: Tokenizer | undefined;
  /** Megabytes of weights in a file of a folder; undefined for one file up to 5 GB. */
  readonly shardMegabytes: number | undefined;
}

/** What was written. */
export interface Written {
  /** Of all files of weights. */
  readonly bytes: number;
  /** How many tensors have each type. */
  readonly types: Readonly<Partial<Record<BlockType, number>>>;
}

const FOLDER_TYPES: readonly BlockType[] = ['F32', 'F16', 'BF16'];

/** --to, else what --out looks like. */
export function formatOf(out: string, to: string | undefined): Format {
  if (to !== undefined) return to as Format;
  return out.endsWith('.gguf') ? 'gguf' : 'hf';
}

/** --type, else half precision for llama.cpp and float32 for training. */
export function typeOf(format: Format, type: string | undefined): BlockType {
  const chosen = (type ?? (format === 'gguf' ? 'F16' : 'F32')) as BlockType;
  if (format === 'gguf' || FOLDER_TYPES.includes(chosen)) return chosen;
  throw new UsageError(
    `--type: expected ${FOLDER_TYPES.join(', ')} for a folder, got ${chosen}. Name --out X.gguf for ${BLOCK_TYPES.length} types.`,
  );
}

export function write(model: CausalLm, target: Target, output: Output): Promise<Written> {
  return target.format === 'gguf'
    ? writeFile(model, target, output)
    : writeFolder(model, target, output);
}

async function writeFile(model: CausalLm, target: Target, output: Output): Promise<Written> {
  const { out, type, tokenizer } = target;
  let progress: ReturnType<Output['progress']> | undefined;
  const types = await saveGguf(model, out, {
    type,
    ...(tokenizer && { tokenizer: tokenizer.toGgufMetadata() }),
    onTensor: (name, index, count) => {
      progress ??= output.progress('convert', count);
      progress.update(index + 1, [name]);
    },
  });
  progress?.finish();
  return { bytes: (await stat(out)).size, types };
}

async function writeFolder(model: CausalLm, target: Target, output: Output): Promise<Written> {
  const { out, type, tokenizer, shardMegabytes } = target;
  const progress = output.progress('convert', 1);
  await saveModel(model, out, {
    dtype: type as 'F32' | 'F16' | 'BF16',
    ...(shardMegabytes !== undefined && { maxShardBytes: shardMegabytes * 1e6 }),
  });
  await tokenizer?.save(out);
  progress.finish();
  const weights = (await readdir(out)).filter((name) => name.endsWith('.safetensors'));
  const sizes = await Promise.all(weights.map(async (name) => (await stat(join(out, name))).size));
  const tensors = [...model.namedParameters()].length;
  return { bytes: sizes.reduce((a, b) => a + b, 0), types: { [type]: tensors } };
}
