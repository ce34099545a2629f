// `llm bco`: aligns a model with answers that were judged one by one, as a classifier.
import { tokenizeUnpaired, trainBco } from '@llm/align';
import { readUnpaired } from '../../data/rows.ts';
import { defineCommand } from '../command.ts';
import { fineTune } from '../fine-tune.ts';
import { beta, PREFERENCE_OPTIONS } from '../preferences/preference-options.ts';

export const command = defineCommand({
  name: 'bco',
  summary:
    'Aligns a model with answers judged one by one (BCO); the model as it starts is the reference.',
  usage: ['bco --model M --data judged.jsonl --out DIR [--beta 0.1] [--lora]'],
  options: {
    ...PREFERENCE_OPTIONS,
    beta: beta('how strongly the policy is held to the reference', 0.1),
  },
  run: (context) =>
    fineTune(context, {
      name: 'bco',
      read: readUnpaired,
      tokenize: tokenizeUnpaired,
      train: (options) => trainBco({ ...options, beta: context.values.beta }),
      shown: ['rewards/margins', 'delta'],
      done: (steps, examples) => `aligned for ${steps} steps on ${examples} judged answers`,
    }),
});
