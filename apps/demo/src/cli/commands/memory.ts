// `llm memory`: what a model takes to serve, or with --train to train.
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  configFromGgufHeader,
  formatBytes,
  formatShare,
  ggufTensorBytes,
  inferenceMemory,
  trainingMemory,
  weightTypeFromGgufHeader,
} from '@llm/memory';
import type { ConfigJson, MemoryBreakdown, ModelSource } from '@llm/memory';
import { openGguf } from '@llm/tensor/io';
import { defineCommand, UsageError } from '../command.ts';

interface Subject {
  readonly name: string;
  readonly model: ModelSource;
  /** Known exactly when a file tells. */
  readonly exactWeightBytes?: number;
  readonly weightType?: string;
}

async function subjectFromGguf(path: string): Promise<Subject> {
  const file = await openGguf(path);
  try {
    const tensors = [...file.tensors.values()];
    return {
      name: path,
      model: configFromGgufHeader(file.metadata, { tensorNames: file.tensors.keys() }),
      exactWeightBytes: ggufTensorBytes(tensors),
      weightType: weightTypeFromGgufHeader(file.metadata),
    };
  } finally {
    await file.close();
  }
}

async function subjectFromConfig(path: string): Promise<Subject> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Error(`memory: ${path}: expected a config.json, got ${error.code}. Check the path.`);
  });
  try {
    return { name: path, model: JSON.parse(text) as ConfigJson };
  } catch {
    throw new Error(`memory: ${path}: expected JSON. Check the file.`);
  }
}

async function findSubject(values: {
  model: string | undefined;
  config: string | undefined;
  params: string | undefined;
}): Promise<Subject> {
  const given = [values.model, values.config, values.params].filter((value) => value !== undefined);
  if (given.length !== 1) throw new UsageError('expected one of --model, --config and --params.');
  if (values.params !== undefined) return { name: values.params, model: values.params };
  if (values.config !== undefined) return subjectFromConfig(values.config);
  const path = values.model as string;
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
  return isFolder ? subjectFromConfig(join(path, 'config.json')) : subjectFromGguf(path);
}

export function memoryLines(memory: MemoryBreakdown): string[] {
  const rows = memory.parts.map(
    ({ name, bytes, share }) =>
      `  ${name.padEnd(18)}${formatBytes(bytes).padStart(11)}  ${formatShare(share).padStart(7)}`,
  );
  const total = `  ${'total'.padEnd(18)}${formatBytes(memory.totalBytes).padStart(11)}`;
  return memory.isEstimate
    ? [...rows, total, '  Only the weights are exact: the rest is that of a similar model.']
    : [...rows, total];
}

export const command = defineCommand({
  name: 'memory',
  summary: 'Tells what a model takes to serve (or, with --train, to train), before it is loaded.',
  usage: [
    'memory --params 7B [--type f16] [--context 4096]',
    'memory --model DIR|FILE.gguf [--batch N] [--kv-type f16]',
    'memory --config config.json --train [--batch N] [--context N]',
  ],
  options: {
    model: {
      type: 'string',
      description: 'Hugging Face folder or .gguf file',
      placeholder: 'PATH',
    },
    config: { type: 'string', description: 'a config.json', placeholder: 'FILE' },
    params: {
      type: 'string',
      description: 'number of parameters, such as 7B',
      placeholder: 'COUNT',
    },
    type: { type: 'string', description: 'storage of the weights: f32, f16, bf16, Q8_0, Q4_1, …' },
    'kv-type': { type: 'string', description: 'storage of keys and values', default: 'f16' },
    batch: { type: 'integer', description: 'sequences at once', default: 1, minimum: 1 },
    context: { type: 'integer', description: 'tokens of each sequence', minimum: 1 },
    train: { type: 'boolean', description: 'training with AdamW instead of serving' },
  },
  async run({ values, output }) {
    const subject = await findSubject(values);
    const { batch, context, train, type } = values;
    const memory = train
      ? trainingMemory(subject.model, { batch, sequenceLength: context ?? 1024, weightType: type })
      : inferenceMemory(subject.model, {
          batch,
          contextLength: context,
          kvType: values['kv-type'],
          weightType: type ?? subject.weightType,
          exactWeightBytes: type === undefined ? subject.exactWeightBytes : undefined,
        });
    output.json({ model: subject.name, ...memory });
    if (output.isJson) return;
    output.line(
      `${subject.name}: ${formatBytes(memory.totalBytes)} to ${train ? 'train' : 'serve'}`,
    );
    for (const line of memoryLines(memory)) output.line(line);
  },
});
