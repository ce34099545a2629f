// How big the demo is. `full` is what `llm demo` runs; `small` proves in a minute's test that every
// stage works, without asking what it learns.

export interface DemoSettings {
  readonly vocabSize: number;
  /** Speeches from this year on. */
  readonly firstYear: number;
  /** Characters of speeches to train on, newest first. */
  readonly speechCharacters: number;
  /** Times that the fact sheets are told, each time in other words. */
  readonly factRounds: number;
  readonly model: {
    readonly numLayers: number;
    readonly hiddenSize: number;
    readonly numHeads: number;
  };
  readonly pretrain: { readonly steps: number; readonly learningRate: number };
  readonly sft: { readonly epochs: number; readonly learningRate: number };
  readonly rank: {
    readonly samples: number;
    readonly temperature: number;
    /** Smallest difference in score that makes a pair. */
    readonly minGap: number;
    /** Most pairs of one prompt. */
    readonly maxPairs: number;
  };
  readonly reward: { readonly epochs: number; readonly learningRate: number };
  readonly ppo: {
    readonly updates: number;
    readonly rolloutSize: number;
    readonly learningRate: number;
    readonly klCoeff: number;
  };
  readonly dpo: { readonly epochs: number; readonly learningRate: number; readonly beta: number };
  readonly lora: { readonly epochs: number; readonly learningRate: number; readonly rank: number };
  /** Most questions of each split; undefined takes all. */
  readonly maxQuestions?: number;
}

/** Tokens of a training sequence, and sequences of one pretraining update. */
export const BLOCK_LENGTH = 128;
export const BATCH_SIZE = 16;
/** Longest answer in tokens; the longest right one has about half as many. */
export const MAX_ANSWER_TOKENS = 20;
/** Question rows of one update in the later stages. */
export const QUESTION_BATCH = 32;

export const FULL: DemoSettings = {
  vocabSize: 2048,
  firstYear: 1960,
  speechCharacters: 2_000_000,
  factRounds: 30,
  model: { numLayers: 4, hiddenSize: 192, numHeads: 3 },
  pretrain: { steps: 1300, learningRate: 2e-3 },
  sft: { epochs: 4, learningRate: 1e-3 },
  rank: { samples: 8, temperature: 1, minGap: 0.5, maxPairs: 6 },
  reward: { epochs: 1, learningRate: 3e-4 },
  ppo: { updates: 36, rolloutSize: 64, learningRate: 3e-5, klCoeff: 0.1 },
  dpo: { epochs: 4, learningRate: 2e-5, beta: 0.1 },
  lora: { epochs: 4, learningRate: 3e-3, rank: 8 },
};

export const SMALL: DemoSettings = {
  ...FULL,
  vocabSize: 400,
  speechCharacters: 60_000,
  factRounds: 1,
  model: { numLayers: 1, hiddenSize: 32, numHeads: 2 },
  pretrain: { steps: 4, learningRate: 2e-3 },
  sft: { epochs: 1, learningRate: 1e-3 },
  rank: { samples: 4, temperature: 1, minGap: 0, maxPairs: 6 },
  reward: { epochs: 1, learningRate: 3e-4 },
  ppo: { updates: 2, rolloutSize: 8, learningRate: 1e-4, klCoeff: 0.05 },
  dpo: { epochs: 1, learningRate: 1e-4, beta: 0.1 },
  lora: { epochs: 1, learningRate: 3e-3, rank: 4 },
  maxQuestions: 16,
};
