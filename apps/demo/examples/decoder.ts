// A decoder learns to write: a small Llama on the Brown corpus. Measured in bits for each byte of texts it
// never saw, beside n-gram models of the same tokens.
import { evaluateHeldOut } from '@llm/align';
import { packedBlocks, type PackedBatch } from '@llm/optim';
import { Generator } from '@llm/tensor';
import { trainBpe, type Tokenizer } from '@llm/tokenizer';
import { createModel, generate, tokenLoss } from '@llm/transformer';
import { NgramModel } from '../src/baselines/ngram.ts';
import { loadBrown, plainText, splitTexts } from './data/brown.ts';
import type { ExampleSettings } from './shared/settings.ts';
import { trainFor, type TrainingTime } from './shared/train-for.ts';

export interface DecoderResult extends TrainingTime {
  readonly parameters: number;
  readonly tokens: { readonly train: number; readonly heldOut: number };
  readonly bitsPerByte: {
    readonly model: number;
    readonly unigram: number;
    readonly bigram: number;
    readonly trigram: number;
  };
  /** What the model writes after "The". */
  readonly sample: string;
}

const END = '<|endoftext|>';
const BLOCK = 128;

export async function decoder(settings: ExampleSettings): Promise<DecoderResult> {
  const { seed, isSmall } = settings;
  const texts = splitTexts((await loadBrown(isSmall ? 12 : 1)).map(plainText));
  const vocabSize = isSmall ? 600 : 2048;
  const tokenizer = await trainBpe(texts.train, { vocabSize, specialTokens: [END] });
  const train = stream(texts.train, tokenizer);
  const heldOut = stream(texts.heldOut, tokenizer);
  const bytes = texts.heldOut.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  const generator = new Generator(seed);
  const model = createModel(
    {
      ...{ modelType: 'llama', vocabSize: tokenizer.vocabSize, tieWordEmbeddings: true },
      ...(isSmall
        ? { hiddenSize: 64, intermediateSize: 192, numHiddenLayers: 2, numAttentionHeads: 2 }
        : { hiddenSize: 128, intermediateSize: 352, numHiddenLayers: 4, numAttentionHeads: 4 }),
      maxPositionEmbeddings: BLOCK * 2,
    },
    { generator },
  );
  try {
    const time = await trainFor<PackedBatch>(settings, {
      ...{
        name: 'decoder',
        model,
        generator,
        learningRate: isSmall ? 4e-3 : 3e-3,
        weightDecay: 0.1,
      },
      steps: isSmall ? 200 : 4000,
      batches: packedBlocks(train, {
        ...{ batchSize: isSmall ? 4 : 16, blockLength: BLOCK, generator: new Generator(seed) },
      }),
      loss: ({ inputIds, labels }) => tokenLoss(model, model.hiddenStates(inputIds), labels),
      tokens: ({ inputIds }) => inputIds.size,
    });
    const bits = (order: number) =>
      (new NgramModel(train, order, tokenizer.vocabSize).loss(heldOut) * (heldOut.length - 1)) /
      Math.LN2 /
      bytes;
    return {
      ...time,
      parameters: model.numParameters(),
      tokens: { train: train.length, heldOut: heldOut.length },
      bitsPerByte: {
        model: evaluateHeldOut(model, heldOut, { blockLength: BLOCK, bytes }).bitsPerByte!,
        ...{ unigram: bits(1), bigram: bits(2), trigram: bits(3) },
      },
      sample: await write(model, tokenizer, seed),
    };
  } finally {
    model.dispose();
  }
}

function stream(texts: readonly string[], tokenizer: Tokenizer): Int32Array {
  const end = tokenizer.tokenToId(END)!;
  return Int32Array.from(
    texts.flatMap((text) => [...tokenizer.encode(text, { addSpecialTokens: false }), end]),
  );
}

async function write(
  model: Parameters<typeof tokenLoss>[0],
  tokenizer: Tokenizer,
  seed: number,
): Promise<string> {
  const prompt = tokenizer.encode('The', { addSpecialTokens: false });
  const { sequences } = await generate(model, [prompt], {
    ...{ maxNewTokens: 40, temperature: 0.8, topP: 0.9, seed },
    stopTokens: [tokenizer.tokenToId(END)!],
  });
  return tokenizer.decode([...prompt, ...sequences[0]!], { skipSpecialTokens: true });
}
