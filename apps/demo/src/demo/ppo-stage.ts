// Stage 6: PPO against the reward model, judged by the mean reward of answers to held-out prompts.
import { evaluatePolicy, frozenCopy, tokenizePrompt, trainPpo, valueModelFrom } from '@llm/align';
import { loadModel, loadRewardModel } from '@llm/transformer';
import type { Question } from '../data/questions.ts';
import { saveFolder } from '../models/save-folder.ts';
import { updateProgress } from '../pipeline/ppo-progress.ts';
import { examine } from './examine.ts';
import { MAX_ANSWER_TOKENS, QUESTION_BATCH } from './settings.ts';
import type { Gain, StageContext } from './stage.ts';

const SAMPLING = { temperature: 1, maxNewTokens: MAX_ANSWER_TOKENS, missingEosPenalty: 1 };

export async function ppoStage(context: StageContext): Promise<Gain[]> {
  const { settings, data, tokenizer, output, seed } = context;

  const promptIds = (questions: readonly Question[]) =>
    questions.map(({ prompt }) => tokenizePrompt(tokenizer, prompt));
  const model = await loadModel(context.folder('sft'));
  const reference = frozenCopy(model);
  const reward = await loadRewardModel(context.folder('reward'));
  const critic = valueModelFrom(reward);
  try {
    const heldOut = promptIds(data.heldOutQuestions);
    const measure = async () => ({
      ...(await evaluatePolicy(model, { reference, reward }, heldOut, {
        ...SAMPLING,
        seed,
        batchSize: 64,
      })),
      exactMatch: await examine(model, tokenizer, data.heldOutQuestions),
    });
    const before = await measure();
    const progress = updateProgress(output, settings.ppo.updates);
    await trainPpo({
      model,
      critic,
      reference,
      reward,
      ...settings.ppo,
      ...SAMPLING,
      prompts: promptIds(data.rankQuestions),
      epochs: 2,
      miniBatches: settings.ppo.rolloutSize / Math.min(QUESTION_BATCH, settings.ppo.rolloutSize),
      seed,
      onUpdate: progress.onUpdate,
      signal: context.signal,
    });
    progress.finish();
    await saveFolder(context.folder('ppo'), model, tokenizer);
    const after = await measure();
    return [
      { stage: 'PPO', measure: 'mean reward', before: before.meanReward, after: after.meanReward },
      {
        stage: 'PPO',
        measure: 'KL to SFT, nats',
        before: before.kl,
        after: after.kl,
        isLowerBetter: true,
      },
      {
        stage: 'PPO',
        measure: 'exact match',
        before: before.exactMatch,
        after: after.exactMatch,
        isShare: true,
      },
    ];
  } finally {
    for (const module of [model, reference, reward, critic]) module.dispose();
  }
}
