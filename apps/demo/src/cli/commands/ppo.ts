// `llm ppo`: aligns a model against a reward model.
import { frozenCopy, trainPpo, valueModelFrom } from '@llm/align';
import type { nn } from '@llm/tensor';
import { readPrompts } from '../../data/rows.ts';
import { openModel, openRewardModel } from '../../models/open-model.ts';
import { saveFolder } from '../../models/save-folder.ts';
import { updateProgress } from '../../pipeline/ppo-progress.ts';
import { defineCommand, UsageError } from '../command.ts';
import { checkConversations } from '../conversation-check.ts';
import { fittingPrompts, notePrompts, promptLimit } from '../prompt-data.ts';
import { reportRun } from '../report-run.ts';
import { checkSameVocabulary } from '../reward-sources.ts';
import { checkRunFolder } from '../run-folder-check.ts';
import { startBackend } from '../start-backend.ts';
import { FINE_TUNING_OPTIONS, prepareTraining } from '../training-options.ts';

const {
  steps: _steps,
  accumulation: _accumulation,
  'weight-decay': _decay,
  warmup: _warmup,
  optimizer: _optimizer,
  schedule: _schedule,
  ...SHARED
} = FINE_TUNING_OPTIONS;

export const command = defineCommand({
  name: 'ppo',
  summary: 'Aligns a model by reinforcement learning against a reward model (PPO).',
  usage: ['ppo --model M --reward R --data prompts.jsonl --out DIR'],
  options: {
    ...SHARED,
    reward: {
      type: 'string',
      description: 'folder of a reward model',
      placeholder: 'DIR',
      required: true,
    },
    updates: {
      type: 'integer',
      description: 'rollouts to collect and learn from',
      default: 50,
      minimum: 1,
    },
    batch: { ...SHARED.batch, description: 'prompts of one rollout', default: 16 },
    epochs: {
      type: 'integer',
      description: 'times a rollout is gone through',
      default: 4,
      minimum: 1,
    },
    'mini-batches': {
      type: 'integer',
      description: 'parts that a rollout is cut into',
      default: 1,
      minimum: 1,
    },
    'learning-rate': { ...SHARED['learning-rate'], default: 1e-5 },
    'kl-coefficient': {
      type: 'number',
      description: 'price of leaving the reference',
      default: 0.05,
      minimum: 0,
    },
    'max-new-tokens': { type: 'integer', description: 'longest answer', default: 53, minimum: 1 },
    temperature: { type: 'number', description: 'of sampling', default: 0.7, minimum: 0.01 },
    'missing-eos-penalty': {
      type: 'number',
      description: 'taken from answers that do not end',
      default: 1,
      minimum: 0,
    },
  },
  async run({ values, output, signal }) {
    if (values.batch % values['mini-batches'] !== 0) {
      throw new UsageError(
        `--mini-batches: expected a divisor of --batch ${values.batch}, got ${values['mini-batches']}.`,
      );
    }
    await checkRunFolder(values, output);
    await startBackend(values);
    const texts = await readPrompts(values.data);
    const models: nn.Module[] = [];
    const owned = <M extends nn.Module>(module: M): M => (models.push(module), module);
    try {
      const opened = await openModel(values.model);
      const { tokenizer } = opened;
      const model = owned(opened.model);
      checkConversations(texts, tokenizer, values.model);
      const reward = owned(await openRewardModel(values.reward));
      checkSameVocabulary(model, reward, values.reward);
      const data = fittingPrompts(
        texts.map((prompt) => ({ prompt, columns: {} })),
        tokenizer,
        promptLimit(values, model),
      );
      notePrompts(output, data);
      const { report } = data;
      const critic = owned(valueModelFrom(reward));
      for (const trained of [model, critic]) prepareTraining(trained, values);
      const progress = updateProgress(output, values.updates);
      const result = await trainPpo({
        model,
        critic,
        reference: owned(frozenCopy(model)),
        reward,
        prompts: data.examples.map(({ promptIds }) => promptIds),
        updates: values.updates,
        rolloutSize: values.batch,
        epochs: values.epochs,
        miniBatches: values['mini-batches'],
        learningRate: values['learning-rate'],
        klCoeff: values['kl-coefficient'],
        maxNewTokens: values['max-new-tokens'],
        temperature: values.temperature,
        missingEosPenalty: values['missing-eos-penalty'],
        seed: values.seed,
        padTokenId: tokenizer.padTokenId,
        resume: values.resume,
        checkpoint: {
          directory: values.out,
          every: values['save-every'],
          save: (directory) => saveFolder(directory, model, tokenizer),
        },
        onUpdate: progress.onUpdate,
        signal,
      });
      progress.finish();
      // `train` counts optimizer steps; --updates counts rollouts.
      const stepsPerUpdate = values.epochs * values['mini-batches'];
      const steps = values.updates * stepsPerUpdate;
      reportRun(output, { out: values.out, steps }, result, {
        extra: {
          update: Math.floor(result.step / stepsPerUpdate),
          updates: values.updates,
          metrics: progress.lastMetrics(),
          data: report,
        },
        done: `aligned over ${values.updates} updates on ${report.prompts} prompts`,
      });
    } finally {
      for (const module of models) module.dispose();
    }
  },
});
