// `llm bench`: this machine against the peers that are installed, or where a training step's time goes.
import { Generator } from '@llm/tensor';
import { newModel } from '../../models/new-model.ts';
import { defineCommand, UsageError } from '../command.ts';
import { startBackend } from '../start-backend.ts';
import { prepareTraining, TRAINING_OPTIONS } from '../training-options.ts';
import { measurePeers } from './bench/peers.ts';
import { profileSteps } from './bench/profile-step.ts';
import { profileTable } from './bench/profile-table.ts';

const {
  precision,
  'activation-storage': activationStorage,
  'checkpoint-activations': checkpointActivations,
} = TRAINING_OPTIONS;

export const command = defineCommand({
  name: 'bench',
  summary: 'Measures beside the peers that are installed, or profiles a training step.',
  usage: ['bench [KIND] [--peer NAME] [--json]', 'bench --profile [--layers 12 --hidden 768 …]'],
  maxPositionals: 1,
  options: {
    profile: {
      type: 'boolean',
      description: 'time and bytes of a training step by kernel, against the machine’s peak',
    },
    peer: { type: 'string', description: 'only this peer', placeholder: 'NAME' },
    arch: {
      type: 'string',
      description: 'family of the model that is profiled',
      choices: ['llama', 'gpt2'],
      default: 'gpt2',
    },
    layers: { type: 'integer', description: 'its blocks', default: 12, minimum: 1 },
    hidden: { type: 'integer', description: 'its width', default: 768, minimum: 8 },
    heads: { type: 'integer', description: 'its attention heads', default: 12, minimum: 1 },
    'vocab-size': { type: 'integer', description: 'its vocabulary', default: 50257, minimum: 2 },
    batch: { type: 'integer', description: 'sequences of a step', default: 4, minimum: 1 },
    block: { type: 'integer', description: 'tokens of a sequence', default: 64, minimum: 2 },
    steps: { type: 'integer', description: 'steps to measure', default: 5, minimum: 1 },
    precision,
    'activation-storage': activationStorage,
    'checkpoint-activations': checkpointActivations,
  },
  async run({ values, positionals, output }) {
    const [kind] = positionals;
    if (!values.profile) {
      const { peer, threads } = values;
      const results = await measurePeers({ kind, peer, threads }, (text) => output.text(text));
      output.json({ results });
      return;
    }
    if (kind !== undefined) {
      throw new UsageError(`bench: expected no KIND with --profile, got ${kind}.`);
    }
    await startBackend(values);
    const sizes = {
      architecture: values.arch as 'llama' | 'gpt2',
      numLayers: values.layers,
      hiddenSize: values.hidden,
      numHeads: values.heads,
      contextLength: Math.max(1024, values.block),
    };
    const model = newModel(sizes, { vocabSize: values['vocab-size'] }, new Generator(values.seed));
    try {
      prepareTraining(model, values);
      const measured = profileSteps(model, {
        ...{ batch: values.batch, time: values.block, steps: values.steps },
      });
      output.json(measured);
      if (!output.isJson) for (const line of profileTable(measured)) output.line(line);
    } finally {
      model.dispose();
    }
  },
});
