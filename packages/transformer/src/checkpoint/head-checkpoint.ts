// Reward and value models on disk: the folder of Transformers' *ForSequenceClassification with one
// label, so the body's tensors and `score.weight`, without the output projection.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Generator, type Tensor } from '@llm/tensor';
import { configToJson, type ModelConfig } from '../config/config.ts';
import { RewardModel } from '../heads/reward-model.ts';
import type { ScalarHead } from '../heads/scalar-head.ts';
import { ValueModel } from '../heads/value-model.ts';
import { fillModel } from './fill-model.ts';
import { layoutOf } from './layout.ts';
import { blankModel, filled, folderMappings, readConfig, type LoadOptions } from './load-model.ts';
import { checkpointEntries, writeJson, writeWeights, type Entry } from './save-model.ts';
import { openFolderWeights } from './weight-source.ts';

const SCORE = 'score.weight';
const OUTPUT = 'lm_head.weight';

/** Writes config.json and model.safetensors into `folder`, which is made if need be. */
export async function saveHead(head: ScalarHead, folder: string): Promise<void> {
  const body = checkpointEntries(head.model).filter(({ key }) => key !== OUTPUT);
  const score: Entry = { key: SCORE, parameter: head.score.weight, isTransposed: false };
  await mkdir(folder, { recursive: true });
  await writeWeights(folder, [...body, score]);
  await writeJson(join(folder, 'config.json'), headConfig(head.model.config));
}

/** Reads what saveHead or Transformers wrote; in evaluation mode, the caller disposes it. */
export const loadRewardModel = (folder: string, options: LoadOptions = {}): Promise<RewardModel> =>
  loadHead(RewardModel, folder, options);

/** Reads what saveHead or Transformers wrote; in evaluation mode, the caller disposes it. */
export const loadValueModel = (folder: string, options: LoadOptions = {}): Promise<ValueModel> =>
  loadHead(ValueModel, folder, options);

function headConfig(config: ModelConfig): Record<string, unknown> {
  const name = config.modelType === 'gpt2' ? 'GPT2' : 'Llama';
  return {
    ...configToJson(config),
    architectures: [`${name}ForSequenceClassification`],
    id2label: { 0: 'LABEL_0' },
    label2id: { LABEL_0: 0 },
  };
}

async function loadHead<H extends ScalarHead>(
  Head: new (...args: ConstructorParameters<typeof RewardModel>) => H,
  folder: string,
  options: LoadOptions,
): Promise<H> {
  const config = await readConfig(folder);
  const source = await openFolderWeights(folder);
  try {
    const body = blankModel({ ...config, tieWordEmbeddings: true }, options); // no output projection
    const head = new Head(body, { generator: new Generator(0) });
    const parameter = head.score.weight;
    const score = { parameter, path: SCORE, name: SCORE, shape: parameter.shape };
    const mappings = [
      ...folderMappings(body, source),
      { ...score, convert: (tensor: Tensor) => tensor },
    ];
    const { isIgnored } = layoutOf(body.config);
    return await filled(head, () => fillModel(source, mappings, isIgnored));
  } finally {
    await source.close();
  }
}
