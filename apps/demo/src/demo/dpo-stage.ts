// Stage 7: DPO from the same preferences, judged by how often its answers beat SFT's under the rule.
import {
  evaluateDpo,
  precomputeReference,
  sampleTexts,
  tokenizePreferences,
  trainDpo,
  winRate,
} from '@llm/align';
import { linear } from '@llm/optim';
import { loadModel } from '@llm/transformer';
import type { CausalLm } from '@llm/transformer';
import { saveFolder } from '../models/save-folder.ts';
import { stepProgress } from '../pipeline/step-progress.ts';
import { examine } from './examine.ts';
import type { Preferences } from './rank-stage.ts';
import { rankingRule } from './ranking-rule.ts';
import { MAX_ANSWER_TOKENS, QUESTION_BATCH } from './settings.ts';
import { stepsFor } from './stage.ts';
import type { Gain, StageContext } from './stage.ts';

/** The rule's scores of sampled answers to the held-out questions, `samples` for each. */
async function ruleScores(
  context: StageContext,
  model: CausalLm,
  samples: number,
): Promise<number[]> {
  const { data, tokenizer, seed } = context;
  const score = rankingRule(data.countries);
  const prompts = data.heldOutQuestions.map(({ prompt }) => prompt);
  const answers = await sampleTexts(model, tokenizer, prompts, {
    samples,
    temperature: 1,
    maxNewTokens: MAX_ANSWER_TOKENS,
    batchSize: 128,
    seed,
  });
  return data.heldOutQuestions.flatMap((question, i) =>
    (answers[i] ?? []).map((answer) => score(question, answer)),
  );
}

export async function dpoStage(context: StageContext, preferences: Preferences): Promise<Gain[]> {
  const { settings, data, tokenizer, output, seed } = context;

  const model = await loadModel(context.folder('sft'));
  try {
    const { examples } = tokenizePreferences(preferences.train, tokenizer);
    const heldOut = tokenizePreferences(preferences.heldOut, tokenizer).examples;
    const referenced = precomputeReference(model, heldOut, { batchSize: QUESTION_BATCH });
    const [scoresBefore, matchBefore] = [
      await ruleScores(context, model, 4),
      await examine(model, tokenizer, data.heldOutQuestions),
    ];
    const { epochs, learningRate, beta } = settings.dpo;
    const steps = stepsFor(examples.length, QUESTION_BATCH, epochs);
    const progress = stepProgress(output, 'dpo', steps, ['rewards/accuracies', 'rewards/margins']);
    await trainDpo({
      model,
      examples,
      steps,
      beta,
      batchSize: QUESTION_BATCH,
      learningRate,
      schedule: linear({ learningRate, warmupSteps: Math.min(5, steps), steps }),
      seed,
      onStep: progress.onStep,
      signal: context.signal,
    });
    progress.finish();
    await saveFolder(context.folder('dpo'), model, tokenizer);
    const scoresAfter = await ruleScores(context, model, 4);
    const pairs = evaluateDpo(model, 'precomputed', referenced, {
      beta,
      batchSize: QUESTION_BATCH,
    });
    return [
      {
        stage: 'DPO',
        measure: 'win rate against SFT',
        before: 0.5,
        after: winRate(scoresAfter, scoresBefore),
        isShare: true,
      },
      { stage: 'DPO', measure: 'pair accuracy', before: 0.5, after: pairs.accuracy, isShare: true },
      {
        stage: 'DPO',
        measure: 'exact match',
        before: matchBefore,
        after: await examine(model, tokenizer, data.heldOutQuestions),
        isShare: true,
      },
    ];
  } finally {
    model.dispose();
  }
}
