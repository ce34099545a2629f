// The training loop: any loss over any module. Each step makes one update (train/update.ts), reports it, and now
// and then writes a checkpoint from which a run goes on to the same bits as if it had never stopped.

import { isFeedback } from '../schedules/plateau.ts';
import { checkOptions } from './check-options.ts';
import type { StepMetrics, TrainOptions, TrainResult } from './options.ts';
import { EvaluationRecord, withValues } from './evaluation.ts';
import { Pace } from './pace.ts';
import { partsOf, setParts, type RunParts } from './resumable-parts.ts';
import { RunFolder } from './run-folder.ts';
import { makeUpdate, type UpdateResult } from './update.ts';
import { Alone, type Workers } from './workers.ts';

const DEFAULT_EVERY = 500;

/**
 * Trains until `steps` updates are made or the signal aborts. Puts the model in training mode; initialises the
 * optimizer unless that is done. The model and the optimizer stay the caller's.
 * @throws ConfigError, TrainingError (loss or gradient not finite), CheckpointError (folder, disk, resume),
 *   DistributedError (another worker failed)
 * @example
 * await train({ model, loss: ({ x, y }) => mse(model.forward(x), y), batches, optimizer: adamw({ learningRate: 1e-3 }), steps: 100 });
 */
export async function train<Batch>(options: TrainOptions<Batch>): Promise<TrainResult> {
  const workers = options.workers ?? new Alone();
  try {
    return await new Run(options, workers).run();
  } catch (error) {
    workers.abort(error);
    throw error;
  }
}

class Run<Batch> {
  readonly #options: TrainOptions<Batch>;
  readonly #workers: Workers;
  /** At rank 0, where the run has one. */
  #folder: RunFolder<Batch> | undefined;
  readonly #record: EvaluationRecord | undefined;
  #resumedFrom = 0;

  constructor(options: TrainOptions<Batch>, workers: Workers) {
    checkOptions(options);
    this.#options = options;
    this.#workers = workers;
    this.#record = options.evaluation && new EvaluationRecord(options.evaluation);
  }

  get #parts(): RunParts<Batch> {
    return { ...this.#options, ...(this.#record && { record: this.#record }) };
  }

  async run(): Promise<TrainResult> {
    const { model, steps } = this.#options;
    try {
      await this.#start();
      model.train();
      const { isAborted, ...run } = await this.#steps();
      const isEarly = run.step < steps && !isAborted;
      if (run.step >= steps || isEarly) await this.#finish();
      return {
        ...run,
        stopReason: isEarly ? 'early' : run.step < steps ? 'aborted' : 'finished',
        ...(this.#record?.best && { best: this.#record.best }),
        resumedFrom: this.#resumedFrom,
        rejectedCheckpoints: this.#folder?.rejected ?? [],
      };
    } finally {
      await this.#folder?.close();
    }
  }

  /** Brings every worker to where the run begins or goes on. */
  async #start(): Promise<void> {
    const { model, optimizer, checkpoint, steps, accumulation = 1 } = this.#options;
    const workers = this.#workers;
    if (checkpoint && workers.rank === 0) {
      this.#folder = await RunFolder.open(this.#parts, checkpoint);
    }
    const others = Object.values(this.#options.frozen ?? {});
    await workers.start(model, optimizer, { others, agree: { steps, accumulation } });
    const { resumedFrom = 0 } = this.#folder ?? {};
    const start = await workers.share({ step: resumedFrom, parts: partsOf(this.#parts) });
    if (workers.rank > 0) setParts(this.#parts, start.parts, 'what rank 0 sent');
    this.#resumedFrom = start.step;
    if (start.step === 0) return;
    const load = (entries: Parameters<Workers['loadState']>[1]) =>
      workers.loadState(optimizer, entries);
    await (this.#folder?.withOptimizerState(load) ?? load(undefined));
    optimizer.count = start.step;
  }

  async #steps(): Promise<Pick<TrainResult, 'step' | 'lastMetrics'> & { isAborted: boolean }> {
    const { steps, signal, onStep, now = () => performance.now() / 1000 } = this.#options;
    const pace = new Pace(now);
    let step = this.#resumedFrom;
    let lastMetrics: StepMetrics | undefined;
    let isAborted = await this.#workers.share(signal?.aborted ?? false);
    while (step < steps && !isAborted && !this.#record?.isExhausted) {
      step += 1;
      const update = await makeUpdate(this.#options, this.#workers, step);
      lastMetrics = report(this.#options, update, { step, pace });
      const more = (await onStep?.(lastMetrics)) ?? {};
      const evaluated = await this.#evaluate(step);
      await this.#folder?.log({ ...logged(lastMetrics), ...more, ...evaluated, step });
      // Nobody else: it is asked for between updates. Workers hear of it with the next micro-batch.
      isAborted = update.isAborted || (this.#workers.size === 1 && (signal?.aborted ?? false));
      const isLast = isAborted || this.#record?.isExhausted;
      if (this.#isCheckpoint(step) || isLast) await this.#save(step);
      pace.skip();
    }
    return { step, lastMetrics, isAborted };
  }

  /** Rank 0 evaluates, where it is time to; everybody hears of it. */
  async #evaluate(step: number): Promise<Record<string, number>> {
    const { evaluation, schedule, steps, model } = this.#options;
    if (!evaluation || !this.#record?.isDue(step, steps)) return {};
    const value = await this.#withEvaluationWeights(async () => {
      if (this.#workers.rank > 0) return this.#workers.share(NaN);
      model.eval();
      const own = await evaluation.evaluate();
      model.train();
      return this.#workers.share(own);
    });
    const isBest = this.#record.observe(step, value);
    if (isFeedback(schedule)) schedule.observe(value);
    if (isBest && (evaluation.keepBest ?? true)) {
      await this.#withEvaluationWeights(async () => this.#folder?.saveBest());
    }
    return { [evaluation.name ?? 'eval_loss']: value };
  }

  #finish(): Promise<void> {
    return this.#withEvaluationWeights(async () => this.#folder?.saveFinal());
  }

  async #withEvaluationWeights<T>(work: () => Promise<T>): Promise<T> {
    const weights = await this.#workers.evaluationWeights(this.#options.optimizer);
    return withValues(this.#workers.parameters, weights, work);
  }

  #isCheckpoint(step: number): boolean {
    const { steps, checkpoint } = this.#options;
    return step === steps || step % (checkpoint?.every ?? DEFAULT_EVERY) === 0;
  }

  async #save(step: number): Promise<void> {
    const hasFolder = await this.#workers.share(this.#folder !== undefined);
    if (!hasFolder) return;
    const state = await this.#workers.saveState(this.#options.optimizer);
    try {
      await this.#folder?.save(step, state.entries);
    } finally {
      state.dispose();
    }
  }
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
