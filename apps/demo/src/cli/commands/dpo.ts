// `llm dpo`: aligns a model with preferences, without a reward model.
import { tokenizePreferences, trainDpo } from '@llm/align';
import { Generator } from '@llm/tensor';
import { readPreferences } from '../../data/rows.ts';
import { openModel } from '../../models/open-model.ts';
import { saveFolder } from '../../models/save-folder.ts';
import { stepProgress } from '../../pipeline/step-progress.ts';
import { addAdapter, ADAPTER_OPTIONS, saveTrained } from '../adapter-options.ts';
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
  name: 'dpo',
  summary:
    'Aligns a model with preferences directly (DPO); the model as it starts is the reference.',
  usage: [
    'dpo --model M --data preferences.jsonl --out DIR [--beta 0.1]',
    'dpo --model M --data preferences.jsonl --out DIR --lora',
  ],
  options: {
    ...FINE_TUNING_OPTIONS,
    ...ADAPTER_OPTIONS,
    'learning-rate': { ...FINE_TUNING_OPTIONS['learning-rate'], default: 5e-6 },
    beta: {
      type: 'number',
      description: 'how strongly the policy is held to the reference',
      default: 0.1,
      minimum: 0,
    },
    loss: {
      type: 'string',
      description: 'loss of a pair',
      choices: ['sigmoid', 'hinge', 'ipo'],
      default: 'sigmoid',
    },
  },
  async run({ values, output, signal }) {
    await checkRunFolder(values, output);
    await startBackend(values);
    const rows = await readPreferences(values.data);
    const generator = new Generator(values.seed);
    const { model, tokenizer } = await openModel(values.model, { generator });
    try {
      checkConversations(rows, tokenizer, values.model);
      const maxLength = exampleLength(values, model);
      const { examples, report } = tokenizePreferences(rows, tokenizer, { maxLength });
      noteDataReport(output, report, maxLength);
      addAdapter(model, values, generator);
      prepareTraining(model, values);
      const shown = ['rewards/accuracies', 'rewards/margins'];
      const progress = stepProgress(output, 'dpo', values.steps, shown);
      const result = await trainDpo({
        ...fineTuningOptions(values, tokenizer, generator),
        model,
        examples,
        beta: values.beta,
        lossType: values.loss as 'sigmoid' | 'hinge' | 'ipo',
        checkpoint: {
          directory: values.out,
          every: values['save-every'],
          save: (directory) =>
            saveTrained(directory, model, values, () => saveFolder(directory, model, tokenizer)),
        },
        onStep: progress.onStep,
        signal,
      });
      progress.finish();
      reportRun(output, values, result, {
        extra: { data: report },
        done: `aligned for ${result.step} steps on ${report.examples} pairs`,
      });
    } finally {
      model.dispose();
    }
  },
});
