// The training loop: any loss over any module. Each step makes one update (train/update.ts), reports it, and now
// and then writes a checkpoint from which a run goes on to the same bits as if it had never stopped.

import { checkOptions } from './check-options.ts';
import type { StepMetrics, TrainOptions, TrainResult } from './options.ts';
import { Pace } from './pace.ts';
import { RunFolder } from './run-folder.ts';
import { makeUpdate, type UpdateResult } from './update.ts';

const DEFAULT_EVERY = 500;

/**
 * Trains until `steps` updates are made or the signal aborts. Puts the model in training mode; initialises the
 * optimizer unless that is done. The model and the optimizer stay the caller's.
 * @throws ConfigError, TrainingError (loss or gradient not finite), CheckpointError (folder, disk, resume)
 * @example
 * await train({ model, loss: ({ x, y }) => mse(model.forward(x), y), batches, optimizer: adamw({ learningRate: 1e-3 }), steps: 100 });
 */
export async function train<Batch>(options: TrainOptions<Batch>): Promise<TrainResult> {
  checkOptions(options);
  const { model, optimizer, checkpoint, signal, steps } = options;
  if (optimizer.parameters.length === 0) optimizer.init(model);
  const folder = checkpoint && (await RunFolder.open(options, checkpoint));
  try {
    model.train();
    const run = await runSteps(options, folder);
    if (run.step >= steps) await folder?.saveFinal();
    return {
      ...run,
      stopReason: run.step < steps && signal?.aborted ? 'aborted' : 'finished',
      resumedFrom: folder?.resumedFrom ?? 0,
      rejectedCheckpoints: folder?.rejected ?? [],
    };
  } finally {
    await folder?.close();
  }
}

async function runSteps<Batch>(
  options: TrainOptions<Batch>,
  folder: RunFolder<Batch> | undefined,
): Promise<Pick<TrainResult, 'step' | 'lastMetrics'>> {
  const { steps, signal, onStep, checkpoint, now = () => performance.now() / 1000 } = options;
  const every = checkpoint?.every ?? DEFAULT_EVERY;
  const pace = new Pace(now);
  let step = folder?.resumedFrom ?? 0;
  let lastMetrics: StepMetrics | undefined;
  while (step < steps && !signal?.aborted) {
    step += 1;
    lastMetrics = report(options, await makeUpdate(options, step), { step, pace });
    const more = (await onStep?.(lastMetrics)) ?? {};
    await folder?.log({ ...logged(lastMetrics), ...more, step });
    const isLast = step === steps || signal?.aborted;
    if (isLast || step % every === 0) await folder?.save(step);
    pace.skip();
  }
  return { step, lastMetrics };
}

function report<Batch>(
  { steps, tokens }: TrainOptions<Batch>,
  update: UpdateResult,
  { step, pace }: { step: number; pace: Pace },
): StepMetrics {
  const seconds = pace.lap();
  const { loss, gradNorm, learningRate, metrics } = update;
  const speed = tokens && seconds > 0 ? { tokensPerSecond: update.tokens / seconds } : {};
  const secondsLeft = pace.secondsLeft(steps - step);
  return { step, steps, loss, gradNorm, learningRate, ...speed, secondsLeft, metrics };
}

/** What goes into the logs: all but the totals and guesses that only a progress bar needs. */
function logged({ metrics, steps: _steps, secondsLeft: _left, ...numbers }: StepMetrics) {
  return { ...numbers, ...metrics };
}
