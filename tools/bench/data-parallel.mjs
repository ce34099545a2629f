// Data parallel training beside one process that makes the same updates: seconds an update, bytes sent, peak memory of
// a worker. One thread each, Unix sockets. Usage: node data-parallel.mjs [small|medium|gpt2 …]   (see README.md)
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { adamw, train } from '@llm/optim';
import { dataParallel, isWorker, joinLaunched, launchWorkers } from '@llm/optim/distributed';
import { Generator, tf, useBackend } from '@llm/tensor';
import { createModel, parseConfig, tokenLoss } from '@llm/transformer';

const WORKS = {
  small: { layers: 4, width: 256, heads: 4, vocabulary: 1024, batch: 4, time: 128, steps: 12 },
  medium: { layers: 6, width: 384, heads: 6, vocabulary: 8192, batch: 8, time: 256, steps: 5 },
  gpt2: { layers: 12, width: 768, heads: 12, vocabulary: 50257, batch: 4, time: 64, steps: 4 },
};
const MICRO_BATCHES = 4;
const CONFIGURATIONS = [
  { workers: 1, shard: 'none' },
  { workers: 2, shard: 'none' },
  { workers: 2, shard: 'optimizer' },
];

/** An endless source of the same random tokens. */
function randomBatches({ batch, time, vocabulary }) {
  const ids = Int32Array.from({ length: batch * time }, (_, i) => (i * 7919) % vocabulary);
  const tensor = () => tf.tensor(ids, [batch, time], 'int32');
  return {
    next: () => ({ inputIds: tensor(), labels: tensor() }),
    skip: () => undefined,
    getState: () => null,
    setState: () => undefined,
  };
}

async function work({ layers, width, heads, vocabulary, steps, ...shape }, shard) {
  await useBackend('native', { threads: 1 });
  const group = await joinLaunched();
  const config = parseConfig({
    model_type: 'gpt2',
    n_layer: layers,
    n_embd: width,
    n_head: heads,
    vocab_size: vocabulary,
    n_positions: 1024,
    resid_pdrop: 0,
    embd_pdrop: 0,
    attn_pdrop: 0,
  });
  const model = createModel(config, { generator: new Generator(0) });
  const times = [performance.now()];
  await train({
    model,
    loss: ({ inputIds, labels }) => tokenLoss(model, model.hiddenStates(inputIds), labels),
    batches: randomBatches({ ...shape, vocabulary }),
    optimizer: adamw({ learningRate: 1e-4 }),
    steps,
    accumulation: MICRO_BATCHES,
    workers: dataParallel(group, { shard }),
    onStep: () => void times.push(performance.now()),
  });
  const seconds = times.slice(2).map((time, i) => (time - times[i + 1]) / 1000); // the first step warms up
  const median = seconds.sort((a, b) => a - b)[Math.floor(seconds.length / 2)];
  const peakMiB = process.resourceUsage().maxRSS / 1024;
  const all = await group.allGatherJson({ peakMiB, sentMiB: group.bytesSent / 2 ** 20 / steps });
  if (group.rank === 0) {
    console.log(
      JSON.stringify({
        workers: group.size,
        shard,
        parameters: model.numParameters(),
        secondsPerUpdate: Number(median.toFixed(3)),
        sentMiBPerUpdate: all.map(({ sentMiB }) => Math.round(sentMiB)),
        peakMiB: all.map((one) => Math.round(one.peakMiB)),
      }),
    );
  }
  await group.barrier();
  await group.close();
}

const names = process.argv.slice(2);
if (isWorker()) {
  const [name, shard] = names;
  await work(WORKS[name], shard);
} else {
  for (const name of names.length > 0 ? names : Object.keys(WORKS)) {
    console.log(name);
    for (const { workers, shard } of CONFIGURATIONS) {
      await launchWorkers({ workers, argv: [fileURLToPath(import.meta.url), name, shard] });
    }
  }
}
