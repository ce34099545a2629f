// `llm orpo`: fine-tunes and aligns in one step, without a reference.
import { tokenizePreferences, trainOrpo } from '@llm/align';
import { readPreferences } from '../../data/rows.ts';
import { defineCommand } from '../command.ts';
import { fineTune } from '../fine-tune.ts';
import { beta, PREFERENCE_OPTIONS } from '../preferences/preference-options.ts';

export const command = defineCommand({
  name: 'orpo',
  summary: 'Fine-tunes on the chosen answers and aligns in one step (ORPO), without a reference.',
  usage: ['orpo --model M --data preferences.jsonl --out DIR [--beta 0.1] [--lora]'],
  options: { ...PREFERENCE_OPTIONS, beta: beta('weight of the odds-ratio term', 0.1) },
  run: (context) =>
    fineTune(context, {
      name: 'orpo',
      read: readPreferences,
      tokenize: tokenizePreferences,
      train: (options) => trainOrpo({ ...options, beta: context.values.beta }),
      shown: ['rewards/accuracies', 'log_odds_chosen'],
      done: (steps, examples) => `aligned for ${steps} steps on ${examples} pairs`,
    }),
});
