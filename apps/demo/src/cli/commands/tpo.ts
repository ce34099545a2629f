// `llm tpo`: aligns a model with preferences and a third answer to imitate, without a reference model.
import { tokenizeTriples, trainTpo } from '@llm/align';
import type { TpoLossType } from '@llm/align';
import { readTriples } from '../../data/rows.ts';
import { defineCommand } from '../command.ts';
import { fineTune } from '../fine-tune.ts';
import { beta, LABEL_SMOOTHING, PREFERENCE_OPTIONS } from '../preferences/preference-options.ts';

const LOSSES: Readonly<Record<string, TpoLossType>> = {
  sigmoid: 'sigmoid',
  hinge: 'hinge',
  ipo: 'ipo',
  'tpo-l': 'tpoL',
};

export const command = defineCommand({
  name: 'tpo',
  summary: 'Aligns a model with pairs and a third answer to imitate (TPO).',
  usage: ['tpo --model M --data triples.jsonl --out DIR [--loss tpo-l] [--lora]'],
  options: {
    ...PREFERENCE_OPTIONS,
    beta: beta('factor of the implicit rewards', 0.01),
    loss: {
      type: 'string',
      description: 'loss of a pair; tpo-l averages over tokens and asks for a margin',
      choices: Object.keys(LOSSES),
      default: 'sigmoid',
    },
    gamma: { type: 'number', description: 'the margin of tpo-l', default: 0.5, minimum: 0 },
    'nll-weight': {
      type: 'number',
      description: "weight of the third answers' likelihood",
      default: 1,
      minimum: 0,
    },
    'label-smoothing': LABEL_SMOOTHING,
  },
  run: (context) => {
    const { values } = context;
    return fineTune(context, {
      name: 'tpo',
      read: readTriples,
      tokenize: tokenizeTriples,
      train: (options) =>
        trainTpo({
          ...{ ...options, beta: values.beta, gamma: values.gamma },
          lossType: LOSSES[values.loss],
          labelSmoothing: values['label-smoothing'],
          tpoAlpha: values['nll-weight'],
        }),
      shown: ['rewards/accuracies', 'rewards/margins'],
      done: (steps, examples) => `aligned for ${steps} steps on ${examples} triples`,
    });
  },
});
