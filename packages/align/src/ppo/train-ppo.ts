// Proximal policy optimisation of a language model (Schulman et al. 2017, arXiv 1707.06347; Ouyang et al. 2022,
// arXiv 2203.02155): sample answers, score them, and make the better ones likelier without leaving the reference.
//
// Follows TRL 0.29's trainer. Left out: an entropy bonus, stopping an update early at a KL bound, an adaptive KL
// coefficient, several processes.
import { adamw, train } from '@llm/optim';
import type { StepMetrics, TrainResult } from '@llm/optim';
import type { CausalLm, ValueModel } from '@llm/transformer';
import type { Reference } from '../dpo/reference.ts';
import { withoutDropout } from '../training/run-training.ts';
import type { TrainerOptions } from '../training/run-training.ts';
import { PpoBatches } from './ppo-batches.ts';
import type { PpoBatchOptions } from './ppo-batches.ts';
import { ppoLoss } from './ppo-loss.ts';
import type { PpoLossOptions } from './ppo-loss.ts';
import { rolloutMetrics, updateMetrics } from './ppo-metrics.ts';
import type { PpoMetrics } from './ppo-metrics.ts';
import { PpoModel } from './ppo-model.ts';
import type { Rollout } from './rollout.ts';
import type { Reward } from './score-samples.ts';

export interface PpoUpdate {
  /** From 1. */
  readonly update: number;
  readonly updates: number;
  readonly loss: number;
  readonly gradNorm: number;
  readonly learningRate: number;
  readonly secondsLeft: number;
  /** TRL's names, see ppo-metrics.ts. */
  readonly metrics: PpoMetrics;
  /** The experience of this update: prompts, answers, scores. */
  readonly rollout: Rollout;
}

export interface PpoOptions
  extends
    PpoBatchOptions,
    PpoLossOptions,
    Pick<
      TrainerOptions,
      'optimizer' | 'learningRate' | 'schedule' | 'maxGradNorm' | 'checkpoint' | 'resume' | 'signal'
    > {
  /** The policy, trained in place. */
  model: CausalLm;
  /** The critic, trained in place: a model of its own (valueModelFrom), or a head on `model`'s own body. */
  critic: ValueModel;
  /** What the policy is held to: a frozenCopy, or the policy without its adapter. */
  reference: Reference;
  /** A reward model, or a function of the samples. */
  reward: Reward;
  /** Token ids. */
  prompts: readonly (readonly number[])[];
  /** Rollouts to collect and learn from; `schedule` and `checkpoint.every` count these. */
  updates: number;
  /** After each update. */
  onUpdate?: (update: PpoUpdate) => void | Promise<void>;
}

/** Trains `model` and `critic` against `reward`. The default learning rate is 3e-6. */
export async function trainPpo(options: PpoOptions): Promise<TrainResult> {
  const { model: policy, critic, reference, reward, prompts, learningRate = 3e-6 } = options;
  const model = new PpoModel(policy, critic);
  const modes = [policy.training, critic.training];
  const batches = new PpoBatches({ policy, critic, reference, reward }, prompts, options);
  const optimizer = options.optimizer ?? adamw({ learningRate, weightDecay: 0 });
  try {
    return await train({
      ...perUpdate(options, batches.stepsPerUpdate),
      model,
      batches: { ...bound(batches), next: () => (withoutDropout(model), batches.next()) },
      loss: (batch) => ppoLoss(model, batch, options),
      optimizer,
      onStep: reporter(options, batches),
    });
  } finally {
    if (!options.optimizer) optimizer.dispose();
    if (modes[0]) policy.train();
    if (modes[1]) critic.train();
  }
}

function bound(batches: PpoBatches) {
  return {
    getState: () => batches.getState(),
    setState: (state: Parameters<PpoBatches['setState']>[0]) => batches.setState(state),
  };
}

/** What `train` counts in minibatches, from what a caller of trainPpo counts in updates. */
function perUpdate(options: PpoOptions, stepsPerUpdate: number) {
  const { updates, schedule, checkpoint, maxGradNorm, resume, signal } = options;
  return {
    steps: updates * stepsPerUpdate,
    maxGradNorm,
    resume,
    signal,
    ...(schedule && { schedule: (step: number) => schedule(Math.floor(step / stepsPerUpdate)) }),
    ...(checkpoint && {
      checkpoint: { ...checkpoint, every: (checkpoint.every ?? 50) * stepsPerUpdate },
    }),
  };
}

/** Gathers the minibatches of an update and reports them together; the log gets the same numbers. */
function reporter(options: PpoOptions, batches: PpoBatches) {
  let steps: StepMetrics[] = [];
  return async (step: StepMetrics): Promise<void | PpoMetrics> => {
    steps.push(step);
    const { rollout } = batches;
    if (!batches.isUpdateDone || !rollout) return;
    const metrics = {
      ...rolloutMetrics(rollout),
      ...updateMetrics(steps.map((entry) => entry.metrics)),
      episode: batches.updates * batches.rolloutSize,
    };
    const loss = steps.reduce((sum, entry) => sum + entry.loss, 0) / steps.length;
    steps = [];
    const { gradNorm, learningRate, secondsLeft } = step;
    const { updates } = options;
    const update = batches.updates;
    await options.onUpdate?.({
      ...{ update, updates, loss, gradNorm, learningRate, secondsLeft, metrics, rollout },
    });
    return metrics;
  };
}
