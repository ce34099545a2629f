// `llm ppo`: aligns a model against a reward model.
import { frozenCopy, tokenizePrompt, trainPpo, valueModelFrom } from '@llm/align';
import { loadRewardModel } from '@llm/transformer';
import { readPrompts } from '../../data/rows.ts';
import { openModel } from '../../models/open-model.ts';
import { saveFolder } from '../../models/save-folder.ts';
import { formatUpdate } from '../../pipeline/ppo-progress.ts';
import { defineCommand } from '../command.ts';
import { startBackend } from '../start-backend.ts';
import { FINE_TUNING_OPTIONS } from '../training-options.ts';

const {
  steps: _steps,
  accumulation: _accumulation,
  'weight-decay': _decay,
  warmup: _warmup,
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
    await startBackend(values);
    const texts = await readPrompts(values.data);
    const { model, tokenizer } = await openModel(values.model);
    const reference = frozenCopy(model);
    const reward = await loadRewardModel(values.reward);
    const critic = valueModelFrom(reward);
    try {
      const progress = output.progress('ppo', values.updates);
      const result = await trainPpo({
        model,
        critic,
        reference,
        reward,
        prompts: texts.map((text) => tokenizePrompt(tokenizer, text)),
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
        onUpdate: (update) => progress.update(update.update, formatUpdate(update)),
        signal,
      });
      progress.finish();
      output.json({
        out: values.out,
        step: result.step,
        metrics: result.lastMetrics?.metrics ?? {},
      });
      output.line(`${values.out}: aligned over ${values.updates} updates`);
    } finally {
      for (const module of [model, reference, reward, critic]) module.dispose();
    }
  },
});
