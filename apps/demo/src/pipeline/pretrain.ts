// Pretraining on a token stream, by whatever objective, with AdamW, warm-up and cosine decay.
import { adamw, cosine, train } from '@llm/optim';
import type { CheckpointOptions, StepMetrics, TrainResult } from '@llm/optim';
import { Generator } from '@llm/tensor';
import type { nn } from '@llm/tensor';
import type { CausalLm } from '@llm/transformer';
import { nextToken, type Objective, type Stream } from './objectives.ts';

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

/** Trains a decoder in place to predict the next token.
 *  @param tokens one long stream; blocks are drawn from it in random order */
export const pretrain = (
  model: CausalLm,
  tokens: Int32Array,
  options: PretrainOptions,
): Promise<TrainResult> =>
  pretrainBy(model, tokens, { ...options, objective: (stream) => nextToken(model, stream) });

/** Trains any model in place by an objective over stretches of the stream. */
export async function pretrainBy<Batch>(
  model: nn.Module,
  tokens: Int32Array,
  options: PretrainOptions & { readonly objective: (stream: Stream) => Objective<Batch> },
): Promise<TrainResult> {
  const { steps, batchSize, blockLength, learningRate, warmupSteps, accumulation = 1 } = options;
  const generator = new Generator(options.seed);
  const optimizer = adamw({ learningRate, b2: 0.95, weightDecay: options.weightDecay });
  model.train();
  try {
    return await train<Batch>({
      model,
      ...options.objective({ tokens, batchSize, blockLength, generator }),
      optimizer,
      schedule: cosine({ learningRate, warmupSteps, steps, minLearningRate: learningRate / 10 }),
      steps,
      accumulation,
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
