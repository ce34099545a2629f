// `llm pretrain`: text in, a language model out.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Generator } from '@llm/tensor';
import { Tokenizer, trainBpe } from '@llm/tokenizer';
import { readTexts } from '../../data/text-files.ts';
import { encodeTexts, textsOf } from '../../data/token-stream.ts';
import { newModel } from '../../models/new-model.ts';
import { saveFolder } from '../../models/save-folder.ts';
import { pretrain } from '../../pipeline/pretrain.ts';
import { stepProgress } from '../../pipeline/step-progress.ts';
import { END_OF_TEXT } from '../../pipeline/special-tokens.ts';
import { defineCommand, UsageError } from '../command.ts';
import type { Output } from '../output.ts';
import { reportRun } from '../report-run.ts';
import { checkRunFolder } from '../run-folder-check.ts';
import { startBackend } from '../start-backend.ts';
import { prepareTraining, trainingOptions, TRAINING_OPTIONS } from '../training-options.ts';

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
    'vocab-size': number;
  },
  output: Output,
): Promise<Tokenizer> {
  if (values.tokenizer !== undefined) return Tokenizer.load(values.tokenizer);
  const ownFile = join(values.out, 'tokenizer.json');
  if (values.resume && (await exists(ownFile))) return Tokenizer.load(values.out);
  output.note(`training a tokenizer of ${values['vocab-size']} tokens on the data`);
  const tokenizer = await trainBpe(textsOf(readTexts(values.data)), {
    vocabSize: values['vocab-size'],
    specialTokens: [END_OF_TEXT],
  });
  return new Tokenizer(tokenizer.definition, { bosToken: END_OF_TEXT, eosToken: END_OF_TEXT });
}

/** What the flags say together; each alone is checked by the parser. */
function checkSizes(values: {
  readonly block: number;
  readonly context: number;
  readonly hidden: number;
  readonly heads: number;
}): void {
  const { block, context, hidden, heads } = values;
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

export const command = defineCommand({
  name: 'pretrain',
  summary: 'Trains a language model on text from random weights.',
  usage: [
    'pretrain --data corpus.txt --out DIR [--tokenizer DIR] [--steps 1000]',
    'pretrain --data corpus.txt --out DIR --resume',
  ],
  options: {
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
      description: 'family of the model',
      choices: ['llama', 'gpt2'],
      default: 'llama',
    },
    layers: { type: 'integer', description: 'transformer blocks', default: 4, minimum: 1 },
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
    'learning-rate': { ...TRAINING_OPTIONS['learning-rate'], default: 1e-3 },
  },
  async run({ values, output, signal }) {
    checkSizes(values);
    await checkRunFolder(values, output);
    await startBackend(values);
    const tokenizer = await findTokenizer(values, output);
    const { tokens, bytes, documents } = await encodeTexts(readTexts(values.data), tokenizer);
    output.note(`${documents} documents, ${bytes} bytes, ${tokens.length} tokens`);
    checkLength(tokens, values.block);
    const sizes = {
      architecture: values.arch as 'llama' | 'gpt2',
      numLayers: values.layers,
      hiddenSize: values.hidden,
      numHeads: values.heads,
      contextLength: values.context,
    };
    const model = newModel(sizes, tokenizer, new Generator(values.seed));
    prepareTraining(model, values);
    const progress = stepProgress(output, 'pretrain', values.steps);
    try {
      await tokenizer.save(values.out); // a run that is resumed must not train it again
      const result = await pretrain(model, tokens, {
        ...trainingOptions(values),
        blockLength: values.block,
        checkpoint: {
          directory: values.out,
          every: values['save-every'],
          save: (directory) => saveFolder(directory, model, tokenizer),
        },
        onStep: progress.onStep,
        signal,
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
  },
});
