// Trains a model for a number of updates or seconds, with AdamW, warm-up and cosine decay, and says how
// it goes every few seconds.
import { adamw, train } from '@llm/optim';
import type { BatchSource, LossFunction, StepMetrics } from '@llm/optim';
import type { Generator, nn } from '@llm/tensor';
import type { ExampleSettings } from './settings.ts';

export interface Training<Batch> {
  readonly name: string;
  readonly model: nn.Module;
  readonly loss: LossFunction<Batch>;
  readonly batches: BatchSource<Batch>;
  readonly tokens: (batch: Batch) => number;
  readonly learningRate: number;
  /** Updates, unless --steps says otherwise. */
  readonly steps: number;
  /** @default 0.01 */
  readonly weightDecay?: number;
  /** That of the model's dropout. */
  readonly generator: Generator;
}

export interface TrainingTime {
  readonly steps: number;
  readonly seconds: number;
  readonly finalLoss: number;
}

const WARM_UP = 0.06; // share of the run
const LEAST = 0.02; // of the learning rate, at the end
const SECONDS_BETWEEN_LINES = 10;

/** Leaves the model in evaluation mode. */
export async function trainFor<Batch>(
  { steps = 0, seconds: limit = Infinity, print }: ExampleSettings,
  training: Training<Batch>,
): Promise<TrainingTime> {
  const { name, model, loss, batches, tokens, learningRate, weightDecay = 0.01 } = training;
  const total = steps || training.steps;
  const optimizer = adamw({ learningRate, b2: 0.98, weightDecay });
  const start = performance.now();
  const elapsed = () => (performance.now() - start) / 1000;
  const stop = new AbortController();
  const line = progressLine(name, print);
  try {
    const result = await train<Batch>({
      ...{ model, loss, batches, tokens, optimizer, steps: total, generator: training.generator },
      schedule: (step) => learningRate * shape(Math.max(step / total, elapsed() / limit)),
      onStep: (metrics) => {
        line(metrics, elapsed());
        if (elapsed() >= limit) stop.abort();
      },
      signal: stop.signal,
    });
    const seconds = elapsed();
    print(`${name}: ${result.step} updates in ${seconds.toFixed(0)} s`);
    return { steps: result.step, seconds, finalLoss: line.loss() };
  } finally {
    model.eval();
    optimizer.dispose();
  }
}

/** Of the learning rate, for a share of the run: a straight rise, then half a cosine. */
function shape(progress: number): number {
  if (progress < WARM_UP) return Math.max(progress, 1e-3) / WARM_UP;
  const done = Math.min(1, (progress - WARM_UP) / (1 - WARM_UP));
  return LEAST + (1 - LEAST) * 0.5 * (1 + Math.cos(Math.PI * done));
}

function progressLine(name: string, print: (line: string) => void) {
  let mean: number | undefined; // of the last losses, newer ones weigh more
  let next = 0;
  const show = ({ step, steps, loss, tokensPerSecond = 0 }: StepMetrics, seconds: number): void => {
    mean = mean === undefined ? loss : 0.95 * mean + 0.05 * loss;
    if (seconds < next && step < steps) return;
    next = seconds + SECONDS_BETWEEN_LINES;
    print(
      `${name} ${step}/${steps}  loss ${mean.toFixed(3)}  ${tokensPerSecond.toFixed(0)} tokens/s  ${seconds.toFixed(0)} s`,
    );
  };
  return Object.assign(show, { loss: () => mean ?? NaN });
}
