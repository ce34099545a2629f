// Pretraining: next-token prediction on a token stream, with AdamW, warm-up and cosine decay.
import { adamw, cosine, packedBlocks, train } from '@llm/optim';
import type { CheckpointOptions, PackedBatch, StepMetrics, TrainResult } from '@llm/optim';
import { Generator } from '@llm/tensor';
import { tokenLoss } from '@llm/transformer';
import type { CausalLm } from '@llm/transformer';

export interface PretrainOptions {
  readonly steps: number;
  readonly batchSize: number;
  readonly blockLength: number;
  readonly learningRate: number;
  readonly warmupSteps: number;
  readonly weightDecay: number;
  readonly accumulation?: number;
  readonly seed: number;
  readonly checkpoint?: CheckpointOptions;
  readonly resume?: boolean;
  readonly onStep?: (metrics: StepMetrics) => void;
  readonly signal?: AbortSignal;
}

/** Trains `model` in place. @param tokens one long stream; blocks are drawn from it in random order */
export async function pretrain(
  model: CausalLm,
  tokens: Int32Array,
  options: PretrainOptions,
): Promise<TrainResult> {
  const { steps, batchSize, blockLength, learningRate, warmupSteps, accumulation = 1 } = options;
  const generator = new Generator(options.seed);
  const optimizer = adamw({ learningRate, b2: 0.95, weightDecay: options.weightDecay });
  model.train();
  try {
    return await train<PackedBatch>({
      model,
      loss: ({ inputIds, labels }) => tokenLoss(model, model.hiddenStates(inputIds), labels),
      batches: packedBlocks(tokens, { batchSize, blockLength, generator }),
      optimizer,
      schedule: cosine({ learningRate, warmupSteps, steps, minLearningRate: learningRate / 10 }),
      steps,
      accumulation,
      tokens: ({ inputIds }) => inputIds.size,
      checkpoint: options.checkpoint,
      resume: options.resume,
      onStep: options.onStep,
      signal: options.signal,
      generator,
    });
  } finally {
    model.eval();
    optimizer.dispose();
  }
}
