// Stage 2: pretraining, judged in bits per byte beside n-gram models of the same tokens.
import { evaluateHeldOut } from '@llm/align';
import { Generator } from '@llm/tensor';
import { NgramModel } from '../baselines/ngram.ts';
import { encodeTexts } from '../data/token-stream.ts';
import { newModel } from '../models/new-model.ts';
import { saveFolder } from '../models/save-folder.ts';
import { pretrain, usualPretraining } from '../pipeline/pretrain.ts';
import { stepProgress } from '../pipeline/step-progress.ts';
import { BATCH_SIZE, BLOCK_LENGTH } from './settings.ts';
import type { Gain, StageContext } from './stage.ts';

export interface PretrainResult {
  readonly gains: readonly Gain[];
  readonly bitsPerByte: {
    readonly bigram: number;
    readonly trigram: number;
    readonly model: number;
  };
  readonly parameters: number;
}

function ngramBitsPerByte(
  order: number,
  {
    train,
    heldOut,
    bytes,
    vocabSize,
  }: { train: Int32Array; heldOut: Int32Array; bytes: number; vocabSize: number },
): number {
  const nats = new NgramModel(train, order, vocabSize).loss(heldOut) * (heldOut.length - 1);
  return nats / Math.LN2 / bytes;
}

export async function pretrainStage(context: StageContext): Promise<PretrainResult> {
  const { settings, data, tokenizer, output, seed } = context;
  const corpus = await encodeTexts(data.corpus, tokenizer);
  const heldOut = await encodeTexts(data.heldOutText, tokenizer);
  const sizes = { architecture: 'llama', contextLength: 256, ...settings.model } as const;
  const model = newModel(sizes, tokenizer, new Generator(seed));
  try {
    const parameters = model.numParameters();
    const measure = () =>
      evaluateHeldOut(model, heldOut.tokens, {
        blockLength: BLOCK_LENGTH,
        batchSize: BATCH_SIZE,
        bytes: heldOut.bytes,
      }).bitsPerByte as number;
    const before = measure();
    const progress = stepProgress(output, 'pretrain', settings.pretrain.steps);
    await pretrain(model, corpus.tokens, {
      ...settings.pretrain,
      batchSize: BATCH_SIZE,
      blockLength: BLOCK_LENGTH,
      ...usualPretraining({
        ...settings.pretrain,
        warmupSteps: Math.ceil(settings.pretrain.steps / 20),
        weightDecay: 0.1,
      }),
      seed,
      checkpoint: {
        directory: context.folder('pretrained'),
        every: settings.pretrain.steps,
        save: (directory) => saveFolder(directory, model, tokenizer),
      },
      onStep: progress.onStep,
      signal: context.signal,
    });
    progress.finish();
    const streams = {
      train: corpus.tokens,
      heldOut: heldOut.tokens,
      bytes: heldOut.bytes,
      vocabSize: tokenizer.vocabSize,
    };
    const bitsPerByte = {
      bigram: ngramBitsPerByte(2, streams),
      trigram: ngramBitsPerByte(3, streams),
      model: measure(),
    };
    return {
      gains: [
        {
          stage: 'pretraining',
          measure: 'bits per byte',
          before,
          after: bitsPerByte.model,
          isLowerBetter: true,
        },
      ],
      bitsPerByte,
      parameters,
    };
  } finally {
    model.dispose();
  }
}
