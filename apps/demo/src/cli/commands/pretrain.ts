// `llm pretrain`: text in, a language model out.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Generator } from '@llm/tensor';
import { Tokenizer } from '@llm/tokenizer';
import { readTexts } from '../../data/text-files.ts';
import { encodeTexts, textsOf } from '../../data/token-stream.ts';
import { ARCHITECTURES, isDecoder, type Architecture } from '../../models/architectures.ts';
import { trainTokenizerFor } from '../../models/pretraining-tokenizer.ts';
import { saveFolder } from '../../models/save-folder.ts';
import { newSubject } from '../../pipeline/pretraining-subject.ts';
import { stepProgress } from '../../pipeline/step-progress.ts';
import { defineCommand, UsageError } from '../command.ts';
import type { COMMON_OPTIONS, OptionTable, OptionValues } from '../command.ts';
import type { Output } from '../output.ts';
import { reportRun } from '../report-run.ts';
import { checkRunFolder } from '../run-folder-check.ts';
import { startBackend } from '../start-backend.ts';
import { prepareTraining, trainingOptions, TRAINING_OPTIONS } from '../training-options.ts';
import { formTeam, WORKER_OPTIONS, type Team } from '../worker-options.ts';

/** Tokens that a stretch must have for the objectives of encoders and encoder–decoders. */
const LEAST_STRETCH = 8;

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

/** The tokenizer asked for, else the one of the run being resumed, else a new one trained on the data. */
async function findTokenizer(
  values: {
    tokenizer: string | undefined;
    data: readonly string[];
    out: string;
    resume: boolean;
    arch: string;
    'vocab-size': number;
  },
  output: Output,
): Promise<Tokenizer> {
  if (values.tokenizer !== undefined) return Tokenizer.load(values.tokenizer);
  const ownFile = join(values.out, 'tokenizer.json');
  if (values.resume && (await exists(ownFile))) return Tokenizer.load(values.out);
  const arch = values.arch as Architecture; // the parser has checked it
  output.note(`training a tokenizer of ${values['vocab-size']} tokens on the data`);
  return trainTokenizerFor(arch, textsOf(readTexts(values.data)), values['vocab-size']);
}

/** What the flags say together; each alone is checked by the parser. */
function checkSizes(values: {
  readonly arch: string;
  readonly block: number;
  readonly context: number;
  readonly hidden: number;
  readonly heads: number;
}): void {
  const { arch, block, context, hidden, heads } = values;
  if (!isDecoder(arch as Architecture) && block < LEAST_STRETCH) {
    throw new UsageError(
      `--block: expected at least ${LEAST_STRETCH} with --arch ${arch}, got ${block}.`,
    );
  }
  if (block > context) {
    throw new UsageError(`--block: expected at most --context ${context}, got ${block}.`);
  }
  if (hidden % (2 * heads) !== 0) {
    throw new UsageError(`--hidden: expected an even multiple of --heads ${heads}, got ${hidden}.`);
  }
}

function checkLength(tokens: Int32Array, block: number): void {
  if (tokens.length > block) return;
  throw new Error(
    `--data: expected more than --block ${block} tokens, got ${tokens.length}. Give more text or a smaller --block.`,
  );
}

const OPTIONS = {
  data: {
    type: 'string',
    description: '.txt, .md or .jsonl files, or one of these with .gz',
    placeholder: 'FILE',
    required: true,
    multiple: true,
  },
  out: {
    type: 'string',
    description: 'run folder; the model is written here',
    placeholder: 'DIR',
    required: true,
  },
  tokenizer: {
    type: 'string',
    description: 'folder or file of a tokenizer (default: train one)',
    placeholder: 'PATH',
  },
  'vocab-size': {
    type: 'integer',
    description: 'of a tokenizer that is trained here',
    default: 4096,
    minimum: 257,
  },
  arch: {
    type: 'string',
    description:
      'family of the model: llama and gpt2 learn the next token, bert masked words, t5 lost spans, bart noisy text',
    choices: ARCHITECTURES,
    default: 'llama',
  },
  layers: {
    type: 'integer',
    description: 'transformer blocks (of t5 and bart: twice as many)',
    default: 4,
    minimum: 1,
  },
  hidden: { type: 'integer', description: 'width', default: 256, minimum: 8 },
  heads: { type: 'integer', description: 'attention heads', default: 4, minimum: 1 },
  context: {
    type: 'integer',
    description: 'longest text the model can read, in tokens',
    default: 512,
    minimum: 2,
  },
  block: {
    type: 'integer',
    description: 'tokens of a training sequence',
    default: 128,
    minimum: 2,
  },
  ...TRAINING_OPTIONS,
  ...WORKER_OPTIONS,
  'learning-rate': { ...TRAINING_OPTIONS['learning-rate'], default: 1e-3 },
} as const satisfies OptionTable;

export const command = defineCommand({
  name: 'pretrain',
  summary: 'Trains a language model on text from random weights.',
  usage: [
    'pretrain --data corpus.txt --out DIR [--tokenizer DIR] [--steps 1000]',
    'pretrain --data corpus.txt --out DIR --arch bert',
    'pretrain --data corpus.txt --out DIR --resume',
    'pretrain --data corpus.txt --out DIR --optimizer muon --workers 2',
  ],
  options: OPTIONS,
  async run({ values: asked, output: spoken, signal }) {
    checkSizes(asked);
    const team = await formTeam(asked, spoken, signal);
    if (team === undefined) return; // its workers have done it
    try {
      await pretrainAs(team, signal);
    } catch (error) {
      team.abort(error);
      throw error;
    } finally {
      await team.close();
    }
  },
});

type Values = OptionValues<typeof OPTIONS & typeof COMMON_OPTIONS>;

async function pretrainAs(
  { values, output, workers, isFirst }: Team<Values>,
  signal: AbortSignal,
): Promise<void> {
  if (isFirst) await checkRunFolder(values, output);
  await startBackend(values);
  const tokenizer = await findTokenizer(values, output);
  const { tokens, bytes, documents } = await encodeTexts(readTexts(values.data), tokenizer);
  output.note(`${documents} documents, ${bytes} bytes, ${tokens.length} tokens`);
  checkLength(tokens, values.block);
  const sizes = {
    architecture: values.arch as Architecture,
    numLayers: values.layers,
    hiddenSize: values.hidden,
    numHeads: values.heads,
    contextLength: values.context,
  };
  const { model, train } = newSubject(sizes, tokenizer, new Generator(values.seed));
  prepareTraining(model, values);
  const progress = stepProgress(output, 'pretrain', values.steps);
  try {
    if (isFirst) await tokenizer.save(values.out); // a run that is resumed must not train it again
    const result = await train(tokens, {
      ...trainingOptions(values),
      blockLength: values.block,
      ...(isFirst && {
        checkpoint: {
          directory: values.out,
          every: values['save-every'],
          save: (directory: string) => saveFolder(directory, model, tokenizer),
        },
      }),
      onStep: progress.onStep,
      signal,
      workers,
    });
    progress.finish();
    const parameters = model.numParameters();
    reportRun(output, values, result, {
      extra: { parameters, data: { documents, bytes, tokens: tokens.length } },
      done: `${parameters} parameters, trained for ${result.step} steps`,
    });
  } finally {
    model.dispose();
  }
}
