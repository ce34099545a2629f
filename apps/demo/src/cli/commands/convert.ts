// `llm convert`: a model from one form to another. Hugging Face folder ⇄ GGUF file, adapters merged, weights
// rounded or quantised, and what that costs measured on held-out text.
import { resolve } from 'node:path';
import { mergeAndRemove } from '@llm/peft';
import { BLOCK_TYPES } from '@llm/tensor/io';
import { Tokenizer } from '@llm/tokenizer';
import type { CausalLm } from '@llm/transformer';
import { openModelOnly } from '../../models/open-model.ts';
import { checkAdapterUsage, loadAdapters, MODEL_OPTIONS } from '../adapted-model.ts';
import { defineCommand, UsageError } from '../command.ts';
import type { OptionValues } from '../command.ts';
import { startBackend } from '../start-backend.ts';
import { formatOf, typeOf, write, type Target } from './convert/targets.ts';
import { evaluateText } from './eval/text.ts';

const OPTIONS = {
  ...MODEL_OPTIONS,
  out: {
    type: 'string',
    description: 'a .gguf file, or a folder',
    placeholder: 'PATH',
    required: true,
  },
  to: {
    type: 'string',
    description: 'what to write (default: gguf if --out ends in .gguf, else hf)',
    choices: ['gguf', 'hf'],
  },
  type: {
    type: 'string',
    description: 'how matrices are stored (default: F16 in a GGUF file, F32 in a folder)',
    choices: BLOCK_TYPES,
  },
  'shard-megabytes': {
    type: 'number',
    description: "most weights in one of a folder's files (default: 5000)",
    above: 0,
  },
  'no-tokenizer': {
    type: 'boolean',
    description: 'leave the tokenizer out; the result takes token ids only',
  },
  evaluate: {
    type: 'string',
    description: 'text on which to measure the perplexity before and after',
    placeholder: 'FILE',
    multiple: true,
  },
  block: { type: 'integer', description: 'tokens of that text seen at once', minimum: 1 },
  batch: { type: 'integer', description: 'sequences of it at once', default: 4, minimum: 1 },
} as const;

type Values = OptionValues<typeof OPTIONS>;

function checkUsage(values: Values): void {
  checkAdapterUsage(values);
  if (resolve(values.out) === resolve(values.model)) {
    throw new UsageError('--out: expected another path than --model, got the same.');
  }
  if (values['no-tokenizer'] && values.evaluate.length > 0) {
    throw new UsageError('--evaluate: expected a tokenizer, got --no-tokenizer.');
  }
}

async function openTokenizer(values: Values): Promise<Tokenizer | undefined> {
  if (values['no-tokenizer']) return undefined;
  try {
    return await Tokenizer.load(values.model);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`--model: ${why} Give --no-tokenizer to convert the weights alone.`);
  }
}

/** The model with its adapters merged into it. The caller disposes it. */
async function openMerged(values: Values): Promise<CausalLm> {
  const model = await openModelOnly(values.model);
  try {
    await loadAdapters(model, values.adapter);
    const names = values.adapter.map((adapter) => adapter.split('=')[0]!);
    if (names.length > 0) mergeAndRemove(model, names);
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

interface Measured {
  readonly perplexity: number;
  readonly bitsPerByte: number;
  readonly tokens: number;
}

export const command = defineCommand({
  name: 'convert',
  summary:
    'Writes a model as a GGUF file that llama.cpp loads or a folder that Transformers loads: adapters merged, weights rounded or quantised, the perplexity lost reported.',
  usage: [
    'convert --model FOLDER --out model.gguf --type Q4_K --evaluate heldout.txt',
    'convert --model model.gguf --out FOLDER --type BF16',
    'convert --model FOLDER --adapter style=ADAPTER --out MERGED',
  ],
  options: OPTIONS,
  async run({ values, output, signal }) {
    checkUsage(values);
    const format = formatOf(values.out, values.to);
    const type = typeOf(format, values.type);
    const tokenizer = await openTokenizer(values);
    const shardMegabytes = values['shard-megabytes'];
    const target: Target = { format, out: values.out, type, tokenizer, shardMegabytes };
    await startBackend(values);
    const measure = async (model: CausalLm): Promise<Measured | undefined> => {
      if (tokenizer === undefined || values.evaluate.length === 0) return undefined;
      const { evaluate: data, model: path, block, batch } = values;
      const text = { path, data, block, batch, stride: undefined, isRaw: false };
      const input = { model, tokenizer, ...text, output, signal };
      const { document } = await evaluateText(input);
      return document as Measured;
    };
    const model = await openMerged(values);
    const { written, before } = await (async () => {
      try {
        return { written: await write(model, target, output), before: await measure(model) };
      } finally {
        model.dispose();
      }
    })();
    const after = before && (await measureWritten(values.out, measure));
    const kinds = Object.entries(written.types).map(([name, count]) => `${count} ${name}`);
    const lost = before && after && after.perplexity / before.perplexity - 1;
    output.json({ out: values.out, format, type, ...written, before, after, perplexityLost: lost });
    if (output.isJson) return;
    output.line(
      `${values.out}: ${(written.bytes / 1e6).toFixed(1)} MB, tensors: ${kinds.join(', ')}`,
    );
    if (before === undefined || after === undefined || lost === undefined) return;
    output.line(
      `perplexity ${before.perplexity.toFixed(3)} → ${after.perplexity.toFixed(3)} a token ` +
        `(${lost >= 0 ? '+' : ''}${(100 * lost).toFixed(2)}%) on ${after.tokens} tokens`,
    );
  },
});

/** The result as whoever loads it has it: read back from the files. */
async function measureWritten(
  out: string,
  measure: (model: CausalLm) => Promise<Measured | undefined>,
): Promise<Measured | undefined> {
  const model = await openModelOnly(out);
  try {
    return await measure(model);
  } finally {
    model.dispose();
  }
}
