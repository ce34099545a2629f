// Stage 3: supervised fine-tuning on questions and answers, judged by exact match.
import { tokenizeSft, trainSft } from '@llm/align';
import { linear } from '@llm/optim';
import { loadModel } from '@llm/transformer';
import { completionFor } from '../data/questions.ts';
import { saveFolder } from '../models/save-folder.ts';
import { stepProgress } from '../pipeline/step-progress.ts';
import { examine } from './examine.ts';
import { QUESTION_BATCH } from './settings.ts';
import { stepsFor } from './stage.ts';
import type { Gain, StageContext } from './stage.ts';

export async function sftStage(context: StageContext): Promise<Gain[]> {
  const { settings, data, tokenizer, output } = context;
  const model = await loadModel(context.folder('pretrained'));
  try {
    const rows = data.sftQuestions.map(({ prompt, answer }) => ({
      prompt,
      completion: completionFor(answer),
    }));
    const { examples } = tokenizeSft(rows, tokenizer);
    const { epochs, learningRate } = settings.sft;
    const steps = stepsFor(examples.length, QUESTION_BATCH, epochs);
    const before = await examine(model, tokenizer, data.heldOutQuestions);
    const progress = stepProgress(output, 'sft', steps, ['mean_token_accuracy']);
    await trainSft({
      model,
      examples,
      steps,
      batchSize: QUESTION_BATCH,
      learningRate,
      schedule: linear({ learningRate, warmupSteps: Math.min(5, steps), steps }),
      seed: context.seed,
      onStep: progress.onStep,
      signal: context.signal,
    });
    progress.finish();
    await saveFolder(context.folder('sft'), model, tokenizer);
    const after = await examine(model, tokenizer, data.heldOutQuestions);
    return [{ stage: 'SFT', measure: 'exact match', before, after, isShare: true }];
  } finally {
    model.dispose();
  }
}
