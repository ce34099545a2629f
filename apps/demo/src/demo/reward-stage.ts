// Stage 5: a reward model learns to score the better answer higher, judged on held-out pairs.
import { evaluateReward, tokenizePreferences, trainReward } from '@llm/align';
import { linear } from '@llm/optim';
import { Generator } from '@llm/tensor';
import { loadModel, RewardModel, saveHead } from '@llm/transformer';
import { stepProgress } from '../pipeline/step-progress.ts';
import type { Preferences } from './rank-stage.ts';
import { QUESTION_BATCH } from './settings.ts';
import { stepsFor } from './stage.ts';
import type { Gain, StageContext } from './stage.ts';

export async function rewardStage(
  context: StageContext,
  preferences: Preferences,
): Promise<Gain[]> {
  const { settings, tokenizer, output, seed } = context;

  const body = await loadModel(context.folder('sft'));
  const model = new RewardModel(body, { generator: new Generator(seed) });
  try {
    const { examples } = tokenizePreferences(preferences.train, tokenizer);
    const heldOut = tokenizePreferences(preferences.heldOut, tokenizer).examples;
    const { epochs, learningRate } = settings.reward;
    const steps = stepsFor(examples.length, QUESTION_BATCH, epochs);
    const measure = () => evaluateReward(model, heldOut, { batchSize: QUESTION_BATCH }).accuracy;
    const before = measure();
    const progress = stepProgress(output, 'reward', steps, ['accuracy', 'margin']);
    await trainReward({
      model,
      examples,
      steps,
      batchSize: QUESTION_BATCH,
      learningRate,
      schedule: linear({ learningRate, warmupSteps: Math.min(5, steps), steps }),
      centreCoeff: 0.01,
      seed,
      onStep: progress.onStep,
      signal: context.signal,
    });
    progress.finish();
    await saveHead(model, context.folder('reward'));
    await tokenizer.save(context.folder('reward'));
    return [
      { stage: 'reward model', measure: 'accuracy', before, after: measure(), isShare: true },
    ];
  } finally {
    model.dispose();
  }
}
