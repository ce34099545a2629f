// `llm kto`: aligns a model with answers that were judged one by one.
import { ktoBalance, tokenizeUnpaired, trainKto } from '@llm/align';
import type { UnpairedExample } from '@llm/align';
import { readUnpaired } from '../../data/rows.ts';
import { defineCommand } from '../command.ts';
import { fineTune } from '../fine-tune.ts';
import { beta, PREFERENCE_OPTIONS } from '../preferences/preference-options.ts';

export const command = defineCommand({
  name: 'kto',
  summary:
    'Aligns a model with answers judged one by one (KTO); the model as it starts is the reference.',
  usage: [
    'kto --model M --data judged.jsonl --out DIR [--beta 0.1]',
    'kto --model M --data preferences.jsonl --out DIR --lora',
  ],
  options: {
    ...PREFERENCE_OPTIONS,
    beta: beta('how strongly the policy is held to the reference', 0.1),
    loss: {
      type: 'string',
      description: 'loss of an answer',
      choices: ['kto', 'apo_zero_unpaired'],
      default: 'kto',
    },
    'desirable-weight': {
      type: 'number',
      description: 'factor of wanted answers',
      default: 1,
      above: 0,
    },
    'undesirable-weight': {
      type: 'number',
      description: 'factor of unwanted answers',
      default: 1,
      above: 0,
    },
  },
  run: (context) => {
    const { values, output } = context;
    const weights = {
      desirableWeight: values['desirable-weight'],
      undesirableWeight: values['undesirable-weight'],
    };
    const lossType = values.loss === 'kto' ? 'kto' : 'apoZeroUnpaired';
    return fineTune(context, {
      name: 'kto',
      read: readUnpaired,
      tokenize: tokenizeUnpaired,
      train: (options) => {
        const note = balanceNote(options.examples, weights);
        if (note !== '') output.note(note);
        return trainKto({ ...options, ...weights, beta: values.beta, lossType });
      },
      shown: ['rewards/margins', 'kl'],
      done: (steps, examples) => `aligned for ${steps} steps on ${examples} judged answers`,
    });
  },
});

/** What to change where wanted and unwanted answers pull unequally (the paper's eq. 8), or nothing. */
function balanceNote(
  examples: readonly UnpairedExample[],
  weights: { readonly desirableWeight: number; readonly undesirableWeight: number },
): string {
  const labels = examples.map(({ label }) => label);
  const balance = ktoBalance(labels, weights);
  if (balance >= 1 && balance <= 4 / 3) return '';
  const wanted = labels.filter(Boolean).length;
  if (wanted === 0 || wanted === labels.length) {
    return `all ${labels.length} answers are ${wanted === 0 ? 'unwanted' : 'wanted'}: nothing to tell apart`;
  }
  const needed = (weights.desirableWeight * wanted) / (labels.length - wanted);
  return (
    `${wanted} wanted and ${labels.length - wanted} unwanted answers pull as ${balance.toPrecision(3)} to 1; ` +
    `--undesirable-weight between ${(needed * 0.75).toPrecision(3)} and ${needed.toPrecision(3)} would balance them`
  );
}
