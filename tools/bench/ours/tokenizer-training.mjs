// @llm/tokenizer: training from a file, on as many threads as the others have.
import { TextFiles, trainBpe, trainUnigram, trainWordPiece } from '@llm/tokenizer';
import { serve } from './serve.mjs';

const { kind, vocabSize, corpus, threads } = JSON.parse(process.argv[2]);
const train = { bpe: trainBpe, wordpiece: trainWordPiece, unigram: trainUnigram }[kind];

async function unit() {
  const start = process.hrtime.bigint();
  await train(new TextFiles([corpus]), { vocabSize, threads });
  return Number(process.hrtime.bigint() - start) / 1e9;
}

await unit();
await serve(unit);
