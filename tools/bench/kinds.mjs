// The kinds of benchmark by name, and what each needs that is not in the repository.
import { embeddingWorks } from './embedding-works.mjs';
import { fineTuningWorks } from './fine-tuning-works.mjs';
import { gemmWorks, avx2GemmWorks } from './gemm-works.mjs';
import { operationWorks } from './operation-works.mjs';
import { tokenizerWorks } from './tokenizer-works.mjs';
import { tokenizerTrainingWorks } from './tokenizer-training-works.mjs';
import { inferenceWorks } from './inference-works.mjs';
import { trainingWorks } from './works.mjs';

const KINDS = {
  training: { works: trainingWorks },
  'fine-tuning': {
    works: ({ model }) => fineTuningWorks(model),
    needs: { option: 'model', what: 'a SmolLM2 .gguf with --model or LLM_BENCH_MODEL' },
  },
  gemm: { works: gemmWorks },
  'gemm-avx2': { works: avx2GemmWorks },
  inference: {
    works: ({ model }) => inferenceWorks(model),
    needs: { option: 'model', what: 'a SmolLM2 .gguf with --model or LLM_BENCH_MODEL' },
  },
  embedding: {
    works: ({ embedder }) => embeddingWorks(embedder),
    needs: { option: 'embedder', what: "MiniLM's folder with --embedder or LLM_BENCH_EMBEDDER" },
  },
  operations: { works: operationWorks },
  tokenizer: { works: tokenizerWorks },
  'tokenizer-training': { works: tokenizerTrainingWorks },
};

export const KIND_NAMES = Object.keys(KINDS);

/** The works of a kind; none, with a word on stderr, where an option that it needs is missing. */
export function worksOf(name, options) {
  const kind = KINDS[name];
  if (kind === undefined) {
    throw new Error(`bench: --kind: expected one of ${KIND_NAMES.join(', ')}, got ${name}.`);
  }
  const { works, needs } = kind;
  if (needs === undefined || options[needs.option]) return works(options);
  process.stderr.write(`bench: ${name} left out: name ${needs.what}.\n`);
  return [];
}
