// `llm dpo`: aligns a model with preferences, without a reward model.
import { tokenizePreferences, trainDpo } from '@llm/align';
import { readPreferences } from '../../data/rows.ts';
import { defineCommand } from '../command.ts';
import { fineTune, MODEL_OR_ADAPTER_OPTIONS } from '../fine-tune.ts';

export const command = defineCommand({
  name: 'dpo',
  summary:
    'Aligns a model with preferences directly (DPO); the model as it starts is the reference.',
  usage: [
    'dpo --model M --data preferences.jsonl --out DIR [--beta 0.1]',
    'dpo --model M --data preferences.jsonl --out DIR --lora',
  ],
  options: {
    ...MODEL_OR_ADAPTER_OPTIONS,
    'learning-rate': { ...MODEL_OR_ADAPTER_OPTIONS['learning-rate'], default: 5e-6 },
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
  run: (context) => {
    const { beta, loss } = context.values;
    const lossType = loss as 'sigmoid' | 'hinge' | 'ipo'; // the parser has checked it
    return fineTune(context, {
      name: 'dpo',
      read: readPreferences,
      tokenize: tokenizePreferences,
      train: (options) => trainDpo({ ...options, beta, lossType }),
      shown: ['rewards/accuracies', 'rewards/margins'],
      done: (steps, examples) => `aligned for ${steps} steps on ${examples} pairs`,
    });
  },
});
