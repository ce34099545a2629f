// Pretraining on a token stream, by whatever objective.
import { adamw, cosine, train } from '@llm/optim';
import type { Optimizer, Schedule, TrainOptions, TrainResult } from '@llm/optim';
import { Generator } from '@llm/tensor';
import type { nn } from '@llm/tensor';
import type { CausalLm } from '@llm/transformer';
import { nextToken, type Objective, type Stream } from './objectives.ts';

export interface PretrainOptions extends Pick<
  TrainOptions<never>,
  'checkpoint' | 'resume' | 'onStep' | 'signal' | 'workers'
> {
  readonly steps: number;
  readonly batchSize: number;
  readonly blockLength: number;
  /** Disposed at the end. */
  readonly optimizer: Optimizer;
  readonly schedule: Schedule;
  readonly accumulation?: number;
  readonly seed: number;
}

/** AdamW with warm-up, a cosine to a tenth of the rate, and a second moment that follows faster than AdamW's own. */
export function usualPretraining(numbers: {
  readonly learningRate: number;
  readonly warmupSteps: number;
  readonly weightDecay: number;
  readonly steps: number;
}): Pick<PretrainOptions, 'optimizer' | 'schedule'> {
  const { learningRate, weightDecay } = numbers;
  return {
    optimizer: adamw({ learningRate, b2: 0.95, weightDecay }),
    schedule: cosine({ ...numbers, minLearningRate: learningRate / 10 }),
  };
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
  const { steps, batchSize, blockLength, optimizer, schedule, accumulation = 1 } = options;
  const generator = new Generator(options.seed);
  model.train();
  try {
    return await train<Batch>({
      model,
      ...options.objective({ tokens, batchSize, blockLength, generator }),
      optimizer,
      schedule,
      steps,
      accumulation,
      checkpoint: options.checkpoint,
      resume: options.resume,
      onStep: options.onStep,
      signal: options.signal,
      workers: options.workers,
      generator,
    });
  } finally {
    model.eval();
    optimizer.dispose();
  }
}
