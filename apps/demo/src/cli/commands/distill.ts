// `llm distill`: a small model learns a larger one's predictions.
import { tokenizeSft, trainDistillation } from '@llm/align';
import { Generator } from '@llm/tensor';
import { readSftRows } from '../../data/rows.ts';
import { openModel } from '../../models/open-model.ts';
import { defineCommand } from '../command.ts';
import { fineTune, MODEL_OR_ADAPTER_OPTIONS } from '../fine-tune.ts';

export const command = defineCommand({
  name: 'distill',
  summary:
    "Trains a model to predict as a teacher with the same tokenizer does, on the data's answers.",
  usage: ['distill --model STUDENT --teacher M --data pairs.jsonl --out DIR [--beta 0.5] [--lora]'],
  options: {
    ...MODEL_OR_ADAPTER_OPTIONS,
    teacher: {
      type: 'string',
      description: 'the model to learn from: Hugging Face folder or .gguf file',
      placeholder: 'PATH',
      required: true,
    },
    beta: {
      type: 'number',
      description:
        '0: KL(teacher ‖ student), 1: KL(student ‖ teacher), between: the generalised JSD',
      default: 0.5,
      minimum: 0,
      maximum: 1,
    },
    temperature: { type: 'number', description: 'divides both logits', default: 1, above: 0 },
  },
  run: (context) => {
    const { values } = context;
    return fineTune(context, {
      name: 'distill',
      read: readSftRows,
      tokenize: tokenizeSft,
      train: async (options) => {
        const generator = new Generator(values.seed);
        const { model: teacher } = await openModel(values.teacher, { generator });
        const { beta, temperature } = values;
        try {
          return await trainDistillation({ ...options, teacher, beta, temperature });
        } finally {
          teacher.dispose();
        }
      },
      shown: [],
      done: (steps, examples) => `distilled for ${steps} steps on ${examples} examples`,
    });
  },
});
