// What `llm grpo` and `llm rloo` have in common: a model, the whole of it or an adapter, answers prompts in groups
// and learns from their rewards.
import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { frozenCopy } from '@llm/align';
import type { Generation, GroupTrainerOptions, Reference } from '@llm/align';
import type { TrainResult } from '@llm/optim';
import { disableAdapters } from '@llm/peft';
import { Generator } from '@llm/tensor';
import type { nn } from '@llm/tensor';
import type { CausalLm } from '@llm/transformer';
import { readPromptRows } from '../data/rows.ts';
import { openModel } from '../models/open-model.ts';
import { saveFolder } from '../models/save-folder.ts';
import { stepProgress } from '../pipeline/step-progress.ts';
import { addAdapter, ADAPTER_OPTIONS, hasAdapter, saveTrained } from './adapter-options.ts';
import { UsageError } from './command.ts';
import type { CommandContext, OptionTable } from './command.ts';
import { checkConversations } from './conversation-check.ts';
import { fittingPrompts, notePrompts, promptLimit } from './prompt-data.ts';
import { reportRun } from './report-run.ts';
import { checkRewardUsage, openRewards, REWARD_OPTIONS } from './reward-sources.ts';
import { checkRunFolder } from './run-folder-check.ts';
import { startBackend } from './start-backend.ts';
import { FINE_TUNING_OPTIONS, fineTuningOptions, prepareTraining } from './training-options.ts';

const SHARED = { ...FINE_TUNING_OPTIONS, ...ADAPTER_OPTIONS };

export const GROUP_OPTIONS = {
  ...SHARED,
  ...REWARD_OPTIONS,
  'max-length': {
    ...SHARED['max-length'],
    description: "longest prompt in tokens, at most what the model's context leaves",
  },
  batch: { ...SHARED.batch, description: 'completions of one micro-batch' },
  'learning-rate': { ...SHARED['learning-rate'], default: 1e-5 },
  'group-size': {
    type: 'integer',
    description: 'completions of one prompt, compared with each other',
    default: 8,
    minimum: 2,
  },
  'steps-per-generation': {
    type: 'integer',
    description: 'micro-batches cut from one generation (default: --accumulation)',
    minimum: 1,
  },
  iterations: {
    type: 'integer',
    description: 'times that a generation is gone through',
    default: 1,
    minimum: 1,
  },
  'max-new-tokens': {
    type: 'integer',
    description: 'longest completion',
    default: 256,
    minimum: 1,
  },
  temperature: { type: 'number', description: 'of sampling', default: 1, minimum: 0.01 },
  'top-p': {
    type: 'number',
    description: 'sample from the likeliest tokens of this mass',
    above: 0,
    maximum: 1,
  },
  'top-k': { type: 'integer', description: 'sample from the k likeliest tokens', minimum: 1 },
  'mask-truncated': {
    type: 'boolean',
    description: 'learn nothing from completions that do not end',
  },
  'kl-coefficient': {
    type: 'number',
    description: 'price of leaving the model as it starts',
    default: 0,
    minimum: 0,
  },
  'clip-range': {
    type: 'number',
    description: 'how far below 1 an importance ratio counts',
    default: 0.2,
    minimum: 0,
  },
  'clip-range-high': {
    type: 'number',
    description: 'how far above 1 (default: --clip-range)',
    minimum: 0,
  },
  'log-completions': {
    type: 'boolean',
    description: 'write every completion with its rewards to OUT/completions.jsonl',
  },
} as const satisfies OptionTable;

type Context = Omit<CommandContext<typeof GROUP_OPTIONS>, 'positionals' | 'input'>;

export interface GroupCommand {
  readonly name: string;
  readonly train: (
    options: GroupTrainerOptions & {
      readonly klCoeff: number;
      readonly clipRange: number;
      readonly clipRangeHigh: number | undefined;
    },
  ) => Promise<TrainResult>;
}

export async function trainOnGroups(
  { values, output, signal, nameOf }: Context,
  { name, train }: GroupCommand,
): Promise<void> {
  checkRewardUsage(values);
  checkGroups(values);
  const isAdapter = hasAdapter(values);
  await checkRunFolder(values, output);
  await startBackend(values);
  const rows = await readPromptRows(values.data);
  const generator = new Generator(values.seed);
  const modules: { dispose(): void }[] = [];
  const owned = <M extends nn.Module>(module: M): M => (modules.push(module), module);
  try {
    const opened = await openModel(values.model, { generator });
    const { tokenizer } = opened;
    const model = owned(opened.model);
    const prompts = rows.map(({ prompt }) => ({ prompt }));
    checkConversations(prompts, tokenizer, values.model);
    const rewards = await openRewards(values, model, owned);
    const data = fittingPrompts(rows, tokenizer, promptLimit(values, model));
    notePrompts(output, data);
    const reference = referenceOf(model, values, owned);
    const nameOfModel = nameOf(values.model);
    addAdapter(model, values, { generator, tokenizer, nameOfModel });
    prepareTraining(model, values);
    const progress = stepProgress(output, name, values.steps, [
      'reward',
      'kl',
      'completions/mean_length',
    ]);
    const adapter = { isAdapter, baseModel: nameOfModel };
    const weights = values['reward-weight'];
    const training = fineTuningOptions(values, tokenizer, generator);
    modules.push(training.optimizer);
    const result = await train({
      ...training,
      model,
      prompts: data.examples,
      rewards,
      ...(weights.length > 0 && { rewardWeights: weights }),
      ...(reference && { reference }),
      tokenizer,
      groupSize: values['group-size'],
      stepsPerGeneration: values['steps-per-generation'],
      numIterations: values.iterations,
      maxNewTokens: values['max-new-tokens'],
      temperature: values.temperature,
      topP: values['top-p'],
      topK: values['top-k'],
      maskTruncated: values['mask-truncated'],
      klCoeff: values['kl-coefficient'],
      clipRange: values['clip-range'],
      clipRangeHigh: values['clip-range-high'],
      checkpoint: {
        directory: values.out,
        every: values['save-every'],
        save: (directory) =>
          saveTrained(directory, model, adapter, () => saveFolder(directory, model, tokenizer)),
      },
      ...(values['log-completions'] && { onGeneration: (made) => logTo(values.out, made) }),
      onStep: progress.onStep,
      signal,
    });
    progress.finish();
    reportRun(output, values, result, {
      extra: { data: data.report },
      done: `trained for ${result.step} steps on ${data.report.prompts} prompts`,
    });
  } finally {
    for (const module of modules) module.dispose();
  }
}

/** @throws UsageError when groups do not fill a generation */
function checkGroups(values: Context['values']): void {
  const steps = values['steps-per-generation'] ?? values.accumulation;
  const completions = values.batch * steps;
  if (completions % values['group-size'] === 0) return;
  throw new UsageError(
    `--group-size: expected a divisor of --batch times --steps-per-generation = ${completions}, got ${values['group-size']}.`,
  );
}

/** The model as it is now: without the adapter, or a copy. */
function referenceOf(
  model: CausalLm,
  values: Context['values'],
  owned: (copy: CausalLm) => CausalLm,
): Reference | undefined {
  if (values['kl-coefficient'] === 0) return undefined;
  return hasAdapter(values) ? (fn) => disableAdapters(model, fn) : owned(frozenCopy(model));
}

/** One line for each completion. */
async function logTo(out: string, { completions, rewards, advantages }: Generation): Promise<void> {
  const lines = completions.map(({ prompt, text, isFinished }, i) => {
    const own = rewards.names.map((name, f) => [name, rewards.values[f]![i]]);
    const extra = Object.entries(rewards.extra).map(([column, values]) => [column, values[i]]);
    const row = { prompt, completion: text, isFinished, advantage: advantages[i] };
    return `${JSON.stringify({ ...row, rewards: Object.fromEntries(own) as object, ...Object.fromEntries(extra) })}\n`;
  });
  await mkdir(out, { recursive: true });
  await appendFile(join(out, 'completions.jsonl'), lines.join(''));
}
