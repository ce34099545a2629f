// `llm dpo`: aligns a model with preferences, without a reward model.
import { PAIR_LOSSES, tokenizePreferences, trainDpo } from '@llm/align';
import type { DpoTrainerOptions, FDivergence, PairLossType } from '@llm/align';
import { readPreferences } from '../../data/rows.ts';
import { defineCommand, UsageError } from '../command.ts';
import { fineTune } from '../fine-tune.ts';
import { beta, LABEL_SMOOTHING, PREFERENCE_OPTIONS } from '../preferences/preference-options.ts';
import { readLossMix, snake } from '../preferences/loss-mix.ts';
import type { OptionTable, OptionValues } from '../command.ts';

const LOSSES = Object.keys(PAIR_LOSSES) as PairLossType[];

const DPO_OPTIONS = {
  beta: beta('how strongly the policy is held to the reference', 0.1),
  loss: {
    type: 'string',
    description: `loss of a pair; again for a mix. ${LOSSES.map(snake).join(', ')} (default: sigmoid)`,
    placeholder: 'NAME[=WEIGHT]',
    multiple: true,
  },
  'label-smoothing': LABEL_SMOOTHING,
  divergence: {
    type: 'string',
    description: 'that holds the policy to the reference',
    choices: ['reverse_kl', 'forward_kl', 'js_divergence', 'alpha_divergence'],
    default: 'reverse_kl',
  },
  'divergence-alpha': { type: 'number', description: 'order of alpha_divergence', default: 0.5 },
  'reference-free': {
    type: 'boolean',
    description: "reward the policy's own likelihood, without a reference",
  },
  wpo: { type: 'boolean', description: 'weigh pairs by how likely the policy would write them' },
  'ld-alpha': {
    type: 'number',
    description: 'weight of what the longer answer has beyond the shorter one’s length',
    default: 1,
    minimum: 0,
    maximum: 1,
  },
} as const satisfies OptionTable;

export const command = defineCommand({
  name: 'dpo',
  summary:
    'Aligns a model with preferences directly (DPO); the model as it starts is the reference.',
  usage: [
    'dpo --model M --data preferences.jsonl --out DIR [--beta 0.1]',
    'dpo --model M --data preferences.jsonl --out DIR --lora',
    'dpo --model M --data preferences.jsonl --out DIR --loss sigmoid --loss sft=0.2',
  ],
  options: {
    ...PREFERENCE_OPTIONS,
    ...DPO_OPTIONS,
  },
  run: (context) => {
    const chosen = dpoOptions(context.values);
    return fineTune(context, {
      name: 'dpo',
      read: readPreferences,
      tokenize: tokenizePreferences,
      train: (options) => trainDpo({ ...options, ...chosen }),
      shown: ['rewards/accuracies', 'rewards/margins'],
      done: (steps, examples) => `aligned for ${steps} steps on ${examples} pairs`,
    });
  },
});

function dpoOptions(
  values: OptionValues<typeof DPO_OPTIONS>,
): Omit<DpoTrainerOptions, 'model' | 'examples' | 'steps'> {
  const mix = readLossMix(values.loss, LOSSES);
  if ('exoPair' in mix && values['label-smoothing'] === 0) {
    throw new UsageError('--label-smoothing: expected a number above 0 for exo_pair, got 0.');
  }
  return {
    beta: values.beta,
    lossType: values.loss.length === 0 ? 'sigmoid' : mix,
    labelSmoothing: values['label-smoothing'],
    fDivergence: divergenceOf(values),
    ldAlpha: values['ld-alpha'],
    useWeighting: values.wpo,
    ...(values['reference-free'] && { reference: 'none' as const }),
  };
}

function divergenceOf(values: OptionValues<typeof DPO_OPTIONS>): FDivergence {
  switch (values.divergence) {
    case 'forward_kl':
      return 'forwardKl';
    case 'js_divergence':
      return 'jsDivergence';
    case 'alpha_divergence':
      return { alpha: values['divergence-alpha'] };
    default:
      return 'reverseKl';
  }
}
