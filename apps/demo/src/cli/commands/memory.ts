// `llm memory`: what a model takes to serve, or with --train to train.
import {
  formatBytes,
  formatShare,
  inferenceMemory,
  parseWeightType,
  trainingMemory,
} from '@llm/memory';
import type { MemoryBreakdown } from '@llm/memory';
import { defineCommand, UsageError } from '../command.ts';
import { findSubject } from './memory/subject.ts';

function checkType(flag: string, type: string | undefined): void {
  try {
    if (type !== undefined) parseWeightType(type);
  } catch (error) {
    throw new UsageError(`--${flag}: ${(error as Error).message.replace(/^\w+: \w+: /, '')}`);
  }
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
    type: {
      type: 'string',
      description:
        "storage of the weights: f32, f16, bf16, Q8_0, Q4_1, … (default: the files', else f16)",
    },
    'kv-type': { type: 'string', description: 'storage of keys and values', default: 'f16' },
    batch: { type: 'integer', description: 'sequences at once', default: 1, minimum: 1 },
    context: { type: 'integer', description: 'tokens of each sequence', minimum: 1 },
    train: { type: 'boolean', description: 'training with AdamW instead of serving' },
  },
  async run({ values, output }) {
    checkType('type', values.type);
    checkType('kv-type', values['kv-type']);
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
