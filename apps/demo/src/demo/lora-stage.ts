// Stage 8: a LoRA adapter teaches the fine-tuned model to answer in whole sentences; the base keeps
// its short answers and the adapter is a file of its own.
import { tokenizeSft, trainSft } from '@llm/align';
import { linear } from '@llm/optim';
import { addLora, countParameters, saveAdapter } from '@llm/peft';
import { Generator } from '@llm/tensor';
import { loadModel } from '@llm/transformer';
import type { FactField } from '../data/countries.ts';
import { completionFor } from '../data/questions.ts';
import type { Question } from '../data/questions.ts';
import { stepProgress } from '../pipeline/step-progress.ts';
import { examine } from './examine.ts';
import { QUESTION_BATCH } from './settings.ts';
import { stepsFor } from './stage.ts';
import type { Gain, StageContext } from './stage.ts';

const SENTENCES: Readonly<Record<FactField, string>> = {
  capital: 'The capital is {v}.',
  region: 'It lies in {v}.',
  adjective: 'They are called {v}.',
  code: 'The code is {v}.',
  currency: 'People pay with {v}.',
};

export function inSentence({ field, answer }: Question): string {
  return SENTENCES[field].replace('{v}', answer);
}

export async function loraStage(context: StageContext): Promise<Gain[]> {
  const { settings, data, tokenizer, output, seed } = context;
  const model = await loadModel(context.folder('sft'));
  try {
    const rows = data.sftQuestions.map((question) => ({
      prompt: question.prompt,
      completion: completionFor(inSentence(question)),
    }));
    const { examples } = tokenizeSft(rows, tokenizer);
    const { epochs, learningRate, rank } = settings.lora;
    const steps = stepsFor(examples.length, QUESTION_BATCH, epochs);
    const measure = () => examine(model, tokenizer, data.heldOutQuestions, inSentence);
    const before = await measure();
    addLora(model, {
      rank,
      alpha: 2 * rank,
      targetModules: 'all-linear',
      generator: new Generator(seed),
    });
    const { trainable, all } = countParameters(model);
    output.note(`lora: ${trainable} of ${all} parameters are trained`);
    const progress = stepProgress(output, 'lora', steps, ['mean_token_accuracy']);
    await trainSft({
      model,
      examples,
      steps,
      batchSize: QUESTION_BATCH,
      learningRate,
      schedule: linear({ learningRate, warmupSteps: Math.min(5, steps), steps }),
      seed,
      onStep: progress.onStep,
      signal: context.signal,
    });
    progress.finish();
    await saveAdapter(model, context.folder('lora'), 'default', {
      baseModel: context.folder('sft'),
    });
    return [
      {
        stage: 'LoRA',
        measure: 'exact match, sentences',
        before,
        after: await measure(),
        isShare: true,
      },
    ];
  } finally {
    model.dispose();
  }
}
