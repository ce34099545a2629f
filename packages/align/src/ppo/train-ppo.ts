// Proximal policy optimisation of a language model (Schulman et al. 2017, arXiv 1707.06347; Ouyang et al. 2022,
// arXiv 2203.02155): sample answers, score them, and make the better ones likelier without leaving the reference.
//
// Follows TRL 0.29's trainer, with what the classic one of TRL 0.11 had: an adaptive KL coefficient, other penalties,
// scaled and clipped scores, updates that end early. Left out: an entropy bonus, several processes.
import { adamw, train } from '@llm/optim';
import type { StepMetrics, TrainResult } from '@llm/optim';
import { tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import type { CausalLm, ValueModel } from '@llm/transformer';
import type { Reference } from '../dpo/reference.ts';
import { withoutDropout } from '../training/run-training.ts';
import type { TrainerOptions } from '../training/run-training.ts';
import { GatedOptimizer, StepGate } from './gated-optimizer.ts';
import { PpoBatches } from './ppo-batches.ts';
import type { PpoBatch, PpoBatchOptions } from './ppo-batches.ts';
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
  /** End an update after the epoch whose last minibatch moved further than 1.5 times this from the policy that
   *  sampled (mean log π_old − log π, in nats a token). TRL 0.11's early_stopping and target_kl. @default none */
  targetKl?: number;
  /** Leave out minibatches whose mean ratio is above this. TRL 0.11: 10. @default none */
  ratioThreshold?: number;
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
  const gate = new StepGate();
  const isGated = options.targetKl !== undefined || options.ratioThreshold !== undefined;
  try {
    return await train({
      ...perUpdate(options, batches.stepsPerUpdate),
      model,
      batches: { ...bound(batches), next: () => (withoutDropout(model), batches.next()) },
      loss: (batch) => gatedLoss(model, batch, { options, gate }),
      optimizer: isGated ? new GatedOptimizer(optimizer, gate) : optimizer,
      ...(isGated && { resumables: { gate } }),
      onStep: reporter(options, batches),
    });
  } finally {
    if (!options.optimizer) optimizer.dispose();
    if (modes[0]) policy.train();
    if (modes[1]) critic.train();
  }
}

/** ppoLoss; of a minibatch that is left out 0, without a gradient. */
function gatedLoss(
  model: PpoModel,
  batch: PpoBatch,
  { options, gate }: { readonly options: PpoOptions; readonly gate: StepGate },
): { loss: Tensor; metrics?: Record<string, Tensor> } {
  gate.isClosed = batch.isSkipped;
  if (batch.isSkipped) return { loss: nothing(model) };
  const { loss, metrics } = ppoLoss(model, batch, options);
  const { ratioThreshold = Infinity } = options;
  gate.isClosed = metrics['ratio']!.dataSync()[0]! > ratioThreshold;
  return { loss, metrics };
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

/** Gathers the minibatches of an update and reports them together; the log gets the same numbers. Ends an update
 *  whose policy has moved too far. */
function reporter(options: PpoOptions, batches: PpoBatches) {
  let steps: StepMetrics[] = [];
  return async (step: StepMetrics): Promise<void | PpoMetrics> => {
    const isLearned = step.metrics['policyLoss'] !== undefined;
    if (isLearned) steps.push(step);
    const moved = step.metrics['policyKl'] ?? 0;
    if (batches.isEpochDone && moved > 1.5 * (options.targetKl ?? Infinity)) batches.stopUpdate();
    const { rollout } = batches;
    if (!batches.isUpdateDone || !rollout) return;
    const metrics = {
      ...rolloutMetrics(rollout),
      ...updateMetrics(steps.map((entry) => entry.metrics)),
      'objective/kl_coef': batches.klCoeff,
      'ppo/minibatches': steps.length,
      episode: batches.updates * batches.rolloutSize,
    };
    const loss = steps.reduce((sum, entry) => sum + entry.loss, 0) / steps.length;
    const { gradNorm } = steps.at(-1) ?? step;
    steps = [];
    const { learningRate, secondsLeft } = step;
    const { updates } = options;
    const update = batches.updates;
    await options.onUpdate?.({
      ...{ update, updates, loss, gradNorm, learningRate, secondsLeft, metrics, rollout },
    });
    return metrics;
  };
}

/** 0 with a gradient of 0, at the price of the smallest parameter's sum. */
function nothing(model: PpoModel): Tensor {
  const smallest = model.trainableParameters().reduce((a, b) => (b.size < a.size ? b : a));
  return tf.mul(tf.sum(smallest), 0);
}
