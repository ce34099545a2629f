// `llm cpo`: aligns a model with preferences, without a reference.
import { tokenizePreferences, trainCpo } from '@llm/align';
import { readPreferences } from '../../data/rows.ts';
import { defineCommand } from '../command.ts';
import { fineTune } from '../fine-tune.ts';
import { beta, LABEL_SMOOTHING, PREFERENCE_OPTIONS } from '../preferences/preference-options.ts';

export const command = defineCommand({
  name: 'cpo',
  summary: 'Aligns a model with preferences without a reference (CPO).',
  usage: ['cpo --model M --data preferences.jsonl --out DIR [--beta 0.1] [--lora]'],
  options: {
    ...PREFERENCE_OPTIONS,
    beta: beta('factor of the implicit rewards', 0.1),
    loss: {
      type: 'string',
      description: 'loss of a pair',
      choices: ['sigmoid', 'hinge', 'ipo'],
      default: 'sigmoid',
    },
    'label-smoothing': LABEL_SMOOTHING,
    'nll-weight': {
      type: 'number',
      description: "weight of the chosen answers' likelihood",
      default: 1,
      minimum: 0,
    },
  },
  run: (context) => {
    const { values } = context;
    const lossType = values.loss as 'sigmoid' | 'hinge' | 'ipo'; // the parser has checked it
    return fineTune(context, {
      name: 'cpo',
      read: readPreferences,
      tokenize: tokenizePreferences,
      train: (options) =>
        trainCpo({
          ...{ ...options, lossType, beta: values.beta },
          labelSmoothing: values['label-smoothing'],
          cpoAlpha: values['nll-weight'],
        }),
      shown: ['rewards/accuracies', 'rewards/margins'],
      done: (steps, examples) => `aligned for ${steps} steps on ${examples} pairs`,
    });
  },
});
