// `llm reward`: trains a reward model on preferences.
import { tokenizePreferences, trainReward } from '@llm/align';
import { Generator } from '@llm/tensor';
import { RewardModel, saveHead } from '@llm/transformer';
import { readPreferences } from '../../data/rows.ts';
import { openModel } from '../../models/open-model.ts';
import { stepProgress } from '../../pipeline/step-progress.ts';
import { defineCommand } from '../command.ts';
import { checkConversations } from '../conversation-check.ts';
import { noteDataReport } from '../data-report.ts';
import { reportRun } from '../report-run.ts';
import { checkRunFolder } from '../run-folder-check.ts';
import { startBackend } from '../start-backend.ts';
import {
  exampleLength,
  FINE_TUNING_OPTIONS,
  fineTuningOptions,
  prepareTraining,
} from '../training-options.ts';

export const command = defineCommand({
  name: 'reward',
  summary: 'Trains a reward model to score the chosen answer above the rejected one.',
  usage: ['reward --model M --data preferences.jsonl --out DIR'],
  options: {
    ...FINE_TUNING_OPTIONS,
    centre: {
      type: 'number',
      description: 'weight of keeping scores near 0',
      default: 0.01,
      minimum: 0,
    },
  },
  async run({ values, output, signal }) {
    await checkRunFolder(values, output);
    await startBackend(values);
    const rows = await readPreferences(values.data);
    const generator = new Generator(values.seed);
    const { model: body, tokenizer } = await openModel(values.model, { generator });
    const model = new RewardModel(body, { generator });
    const training = fineTuningOptions(values, tokenizer, generator);
    try {
      checkConversations(rows, tokenizer, values.model);
      const maxLength = exampleLength(values, body);
      const { examples, report } = tokenizePreferences(rows, tokenizer, {
        maxLength,
        tooLong: 'drop', // the last token is scored, so a cut answer would be judged as if whole
      });
      noteDataReport(output, report, maxLength);
      prepareTraining(model, values);
      const progress = stepProgress(output, 'reward', values.steps, ['accuracy', 'margin']);
      const result = await trainReward({
        ...training,
        model,
        examples,
        centreCoeff: values.centre,
        checkpoint: {
          directory: values.out,
          every: values['save-every'],
          save: async (directory) => {
            await saveHead(model, directory);
            await tokenizer.save(directory);
          },
        },
        onStep: progress.onStep,
        signal,
      });
      progress.finish();
      const accuracy = result.lastMetrics?.metrics['accuracy'] ?? null;
      reportRun(output, values, result, {
        extra: { accuracy, data: report },
        done: `reward model after ${result.step} steps on ${report.examples} pairs`,
      });
    } finally {
      training.optimizer.dispose();
      model.dispose();
    }
  },
});
