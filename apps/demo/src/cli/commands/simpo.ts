// `llm simpo`: aligns a model with preferences by the mean log-probability of a token, without a reference.
import { tokenizePreferences, trainSimpo } from '@llm/align';
import { readPreferences } from '../../data/rows.ts';
import { defineCommand } from '../command.ts';
import { fineTune } from '../fine-tune.ts';
import { beta, LABEL_SMOOTHING, PREFERENCE_OPTIONS } from '../preferences/preference-options.ts';

export const command = defineCommand({
  name: 'simpo',
  summary: 'Aligns a model with preferences without a reference (SimPO; AlphaPO with --alpha).',
  usage: [
    'simpo --model M --data preferences.jsonl --out DIR [--beta 2 --gamma 1] [--lora]',
    'simpo --model M --data preferences.jsonl --out DIR --alpha 0.25',
  ],
  options: {
    ...PREFERENCE_OPTIONS,
    beta: beta('factor of the implicit rewards', 2),
    gamma: {
      type: 'number',
      description: 'by how much a chosen answer should win',
      default: 1,
      minimum: 0,
    },
    alpha: {
      type: 'number',
      description: "AlphaPO's shape of the reward; 0 is the log-probability itself",
      default: 0,
    },
    'label-smoothing': LABEL_SMOOTHING,
  },
  run: (context) => {
    const { values } = context;
    return fineTune(context, {
      name: 'simpo',
      read: readPreferences,
      tokenize: tokenizePreferences,
      train: (options) =>
        trainSimpo({
          ...{ ...options, beta: values.beta, alpha: values.alpha },
          simpoGamma: values.gamma,
          labelSmoothing: values['label-smoothing'],
        }),
      shown: ['rewards/accuracies', 'rewards/margins'],
      done: (steps, examples) => `aligned for ${steps} steps on ${examples} pairs`,
    });
  },
});
