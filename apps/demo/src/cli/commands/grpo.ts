// `llm grpo`: trains a model by rewards of groups of its own answers.
import { trainGrpo } from '@llm/align';
import type { GrpoLossType } from '@llm/align';
import { defineCommand } from '../command.ts';
import { GROUP_OPTIONS, trainOnGroups } from '../train-groups.ts';

/** As on the command line → as the library names them. */
const LOSSES: Readonly<Record<string, GrpoLossType>> = {
  'dr-grpo': 'drGrpo',
};

export const command = defineCommand({
  name: 'grpo',
  summary: 'Trains a model on prompts by rewards that compare its own answers (GRPO).',
  usage: [
    'grpo --model M --data prompts.jsonl --reward-function ./reward.mjs --out DIR',
    'grpo --model M --data prompts.jsonl --reward-function accuracy=answer --out DIR --lora',
    'grpo --model M --data prompts.jsonl --reward R --kl-coefficient 0.04 --out DIR',
  ],
  options: {
    ...GROUP_OPTIONS,
    loss: {
      type: 'string',
      description: 'kind of loss',
      choices: ['dapo', 'grpo', 'bnpo', 'dr-grpo', 'luspo', 'cispo', 'sapo', 'vespo'],
      default: 'dapo',
    },
    'scale-rewards': {
      type: 'string',
      description: "what a difference from the group's mean is divided by",
      choices: ['group', 'batch', 'none'],
      default: 'group',
    },
    'normalize-first': {
      type: 'boolean',
      description: 'compare each reward by itself before adding them up (GDPO)',
    },
    'importance-level': {
      type: 'string',
      description: 'one ratio for each token, or for each completion (GSPO)',
      choices: ['token', 'sequence'],
      default: 'token',
    },
    delta: { type: 'number', description: 'largest importance ratio at all', above: 1 },
    'top-entropy-share': {
      type: 'number',
      description: 'learn from this share of the tokens only, the least certain',
      default: 1,
      minimum: 0,
      maximum: 1,
    },
  },
  run: (context) => {
    const { values } = context;
    return trainOnGroups(context, {
      name: 'grpo',
      train: (options) =>
        trainGrpo({
          ...options,
          lossType: LOSSES[values.loss] ?? (values.loss as GrpoLossType), // the parser has checked it
          scaleRewards: values['scale-rewards'] as 'group' | 'batch' | 'none',
          aggregation: values['normalize-first'] ? 'normalizeThenSum' : 'sumThenNormalize',
          importanceLevel: values['importance-level'] as 'token' | 'sequence',
          delta: values.delta,
          topEntropyShare: values['top-entropy-share'],
        }),
    });
  },
});
