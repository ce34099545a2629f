// Flags that say what a completion is worth: functions from a module of the user's, those built in, reward models.
import { existsSync } from 'node:fs';
import { basename, extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  accuracyReward,
  cosineScaledReward,
  repetitionPenaltyReward,
  softOverlongPunishment,
  thinkFormatReward,
} from '@llm/align';
import type { CompletionReward, RewardInput, RewardSource } from '@llm/align';
import type { CausalLm, RewardModel } from '@llm/transformer';
import { openRewardModel } from '../models/open-model.ts';
import { UsageError } from './command.ts';
import type { OptionTable, OptionValues } from './command.ts';

export const REWARD_OPTIONS = {
  'reward-function': {
    type: 'string',
    description:
      'a module whose default export rewards completions; or accuracy[=COLUMN], think-format, cosine[=COLUMN], repetition-penalty[=N], soft-overlong[=TOKENS]',
    placeholder: 'FILE|NAME',
    multiple: true,
  },
  reward: {
    type: 'string',
    description: 'folder of a reward model',
    placeholder: 'DIR',
    multiple: true,
  },
  'reward-weight': {
    type: 'number',
    description: 'what each counts: first the functions, then the models (default: 1 each)',
    multiple: true,
  },
} as const satisfies OptionTable;

type Values = OptionValues<typeof REWARD_OPTIONS>;

/** Built-in rewards by name. @param value what follows the = of NAME=VALUE */
const BUILT_IN: Readonly<
  Record<string, (value: string | undefined, maxNewTokens: number) => CompletionReward>
> = {
  accuracy: (column) => accuracyReward({ column }),
  'think-format': () => thinkFormatReward,
  cosine: (column, maxLength) => cosineScaledReward({ column, maxLength }),
  'repetition-penalty': (n) => repetitionPenaltyReward({ ngramSize: n ? count(n) : undefined }),
  'soft-overlong': (tokens, maxLength) =>
    softOverlongPunishment({ maxLength, cache: tokens ? count(tokens) : Math.ceil(maxLength / 4) }),
};

function count(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new UsageError(
    `--reward-function: expected a positive integer behind the =, got ${JSON.stringify(text)}.`,
  );
}

/** @throws UsageError before a model is loaded */
export function checkRewardUsage(values: Values): void {
  const rewards = values['reward-function'].length + values.reward.length;
  if (rewards === 0) {
    throw new UsageError('expected --reward-function or --reward: what is a completion worth?');
  }
  const weights = values['reward-weight'].length;
  if (weights === 0 || weights === rewards) return;
  throw new UsageError(
    `--reward-weight: expected one for each of ${rewards} rewards, got ${weights}.`,
  );
}

/** The functions that --reward-function names, in its order. */
export async function openRewardFunctions(
  names: readonly string[],
  maxNewTokens: number,
): Promise<CompletionReward[]> {
  const found = await Promise.all(
    names.map(async (text) => {
      const [name = '', value] = text.split(/=(.*)/s);
      const built = BUILT_IN[name];
      return built ? built(value, maxNewTokens) : moduleFunction(text);
    }),
  );
  return found;
}

/** Default export of a module, under the file's name. */
async function moduleFunction(path: string): Promise<CompletionReward> {
  const file = resolve(path);
  if (!existsSync(file)) {
    const known = Object.keys(BUILT_IN).join(', ');
    throw new Error(
      `--reward-function: ${path}: expected a file, or one of ${known}; got neither.`,
    );
  }
  const module = (await import(pathToFileURL(file).href).catch((error: unknown) => {
    throw importError(path, error as NodeJS.ErrnoException);
  })) as { default?: unknown };
  const { default: reward } = module;
  if (typeof reward !== 'function') {
    throw new Error(
      `--reward-function: ${path}: expected a function as its default export, got ${typeof reward}. ` +
        'Write export default ({ completions }) => completions.map(…).',
    );
  }
  const name = basename(file, extname(file));
  return { [name]: (input: RewardInput) => (reward as CompletionReward)(input) }[name]!;
}

function importError(path: string, error: NodeJS.ErrnoException): Error {
  const advice =
    error.code === 'ERR_UNKNOWN_FILE_EXTENSION'
      ? 'this Node reads no TypeScript: take Node 22.18 or newer, or write an .mjs file'
      : error.message;
  return new Error(`--reward-function: ${path}: expected a module that loads, but ${advice}.`);
}

/** Functions first, then models. The caller disposes the models, which `owned` gets as they are opened. */
export async function openRewards(
  values: Values & { readonly 'max-new-tokens': number },
  model: CausalLm,
  owned: (reward: RewardModel) => RewardModel,
): Promise<RewardSource[]> {
  const functions = await openRewardFunctions(values['reward-function'], values['max-new-tokens']);
  const models: RewardModel[] = [];
  for (const path of values.reward) {
    const reward = owned(await openRewardModel(path));
    checkSameVocabulary(model, reward, path);
    models.push(reward);
  }
  return [...functions, ...models];
}

/** @throws Error when a reward model would read other texts than the model wrote */
export function checkSameVocabulary(model: CausalLm, reward: RewardModel, path: string): void {
  const [own, its] = [model.config.vocabSize, reward.model.config.vocabSize];
  if (own === its) return;
  throw new Error(
    `--reward: ${path}: expected the model's vocabulary of ${own} tokens, got ${its}. Train the reward model from the same model.`,
  );
}
