// Test-only: a model small enough to train in a test. Not exported.
import { createModel } from '@llm/transformer';
import type { CausalLm } from '@llm/transformer';

export const VOCABULARY = 12;
export const EOS = 1;

/** GPT-2 with 2 layers of 16; dropout is on, so that trainers that must switch it off are seen to. */
export function tinyModel(seed: number, dropout = 0.1): CausalLm {
  return createModel(
    {
      modelType: 'gpt2',
      vocabSize: VOCABULARY,
      nPositions: 32,
      nEmbd: 16,
      nLayer: 2,
      nHead: 2,
      eosTokenId: EOS,
      residPdrop: dropout,
      embdPdrop: dropout,
      attnPdrop: dropout,
      initializerRange: 0.2,
    },
    { seed },
  );
}
