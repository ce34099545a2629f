// `llm rloo`: trains a model by rewards, each answer against the mean of the others.
import { trainRloo } from '@llm/align';
import { defineCommand } from '../command.ts';
import { GROUP_OPTIONS, trainOnGroups } from '../train-groups.ts';

export const command = defineCommand({
  name: 'rloo',
  summary: 'Trains a model by rewards, each answer against the mean of the others (RLOO).',
  usage: [
    'rloo --model M --data prompts.jsonl --reward R --out DIR',
    'rloo --model M --data prompts.jsonl --reward-function ./reward.mjs --out DIR --lora',
  ],
  options: {
    ...GROUP_OPTIONS,
    'group-size': { ...GROUP_OPTIONS['group-size'], default: 2 },
    'kl-coefficient': { ...GROUP_OPTIONS['kl-coefficient'], default: 0.05 },
    'normalize-advantages': {
      type: 'boolean',
      description: 'bring advantages to mean 0 and deviation 1 over a generation',
    },
    'reward-clip': {
      type: 'number',
      description: 'bring rewards into ± this',
      above: 0,
    },
  },
  run: (context) => {
    const { 'normalize-advantages': normalizeAdvantages, 'reward-clip': clip } = context.values;
    return trainOnGroups(context, {
      name: 'rloo',
      train: (options) =>
        trainRloo({
          ...options,
          normalizeAdvantages,
          ...(clip !== undefined && { rewardClipRange: [-clip, clip] }),
        }),
    });
  },
});
