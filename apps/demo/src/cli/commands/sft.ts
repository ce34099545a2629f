// `llm sft`: fine-tunes a model on prompts and completions, or on conversations.
import { tokenizeSft, trainSft } from '@llm/align';
import { Generator } from '@llm/tensor';
import { saveFolder } from '../../models/save-folder.ts';
import { openModel } from '../../models/open-model.ts';
import { readSftRows } from '../../data/rows.ts';
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
  name: 'sft',
  summary:
    'Fine-tunes a model on prompt–completion pairs or conversations (loss on the answers only).',
  usage: [
    'sft --model M --data pairs.jsonl --out DIR',
    'sft --model M --data chats.jsonl --out DIR --lora --lora-rank 16',
  ],
  options: { ...FINE_TUNING_OPTIONS, ...ADAPTER_OPTIONS },
  async run({ values, output, signal }) {
    await checkRunFolder(values, output);
    await startBackend(values);
    const rows = await readSftRows(values.data);
    const generator = new Generator(values.seed);
    const { model, tokenizer } = await openModel(values.model, { generator });
    try {
      checkConversations(rows, tokenizer, values.model);
      const maxLength = exampleLength(values, model);
      const { examples, report } = tokenizeSft(rows, tokenizer, { maxLength });
      noteDataReport(output, report, maxLength);
      addAdapter(model, values, generator);
      prepareTraining(model, values);
      const progress = stepProgress(output, 'sft', values.steps, ['mean_token_accuracy']);
      const result = await trainSft({
        ...fineTuningOptions(values, tokenizer, generator),
        model,
        examples,
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
        done: `fine-tuned for ${result.step} steps on ${report.examples} examples`,
      });
    } finally {
      model.dispose();
    }
  },
});
