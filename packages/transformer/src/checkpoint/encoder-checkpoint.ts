// Encoder-only models as Hugging Face folders.
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Generator } from '@llm/tensor';
import { writeFileAtomic } from '@llm/tensor/io';
import { configText } from '../config/config-text.ts';
import { bertKey } from '../models/bert/checkpoint.ts';
import type { EncoderConfig } from '../models/encoder/config.ts';
import { EncoderModel } from '../models/encoder/model.ts';
import {
  encoderConfigToJson,
  readEncoderConfig,
  type EncoderChoices,
} from '../models/encoder/read-config.ts';
import { modernBertKey } from '../models/modernbert/checkpoint.ts';
import { fillModel, type Mapping } from './fill-model.ts';
import { filled, type LoadOptions } from './load-model.ts';
import { writeWeights } from './save-model.ts';
import { whenAbsent } from './when-absent.ts';
import { openFolderWeights, type WeightSource } from './weight-source.ts';

/** A random encoder as published, in training mode; the caller disposes it.
 *  @example createEncoder({ modelType: 'bert', vocabSize: 512, hiddenSize: 64 }, { task: 'maskedLm', seed: 1 }) */
export function createEncoder(
  config: Readonly<Record<string, unknown>>,
  { seed = 0, generator = new Generator(seed), ...choices }: LoadOptions & EncoderChoices,
): EncoderModel {
  return new EncoderModel(readEncoderConfig(config, choices), { generator });
}

/** Loads a folder of BERT, RoBERTa, DistilBERT, MiniLM or ModernBERT with the head that config.json
 *  names, or that of `task`: one that the file lacks is new, to be trained. The model is in evaluation
 *  mode; the caller disposes it. Throws ConfigError, CheckpointError, FormatError. */
export async function loadEncoder(
  folder: string,
  { seed = 0, generator = new Generator(seed), ...choices }: LoadOptions & EncoderChoices = {},
): Promise<EncoderModel> {
  const path = join(folder, 'config.json');
  const text = await readFile(path, 'utf8').catch(whenAbsent(path, 'the configuration of a model'));
  const config = readEncoderConfig(JSON.parse(text), choices);
  const source = withModernNames(await openFolderWeights(folder));
  try {
    const model = new EncoderModel(config, { generator, initialize: false });
    const mappings = mappingsOf(model, source);
    const hasHead = mappings.some(({ path: p, name }) => isHead(p) && source.shapes.has(name));
    const isNew = choices.task !== undefined && !hasHead;
    const wanted = mappings.filter(({ path: p }) => !(isNew && isHead(p)));
    return await filled(model, () => fillModel(source, wanted, isIgnored));
  } finally {
    await source.close();
  }
}

/** Writes config.json and model.safetensors into `folder`, which is made if need be. */
export async function saveEncoder(model: EncoderModel, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const isBare = model.config.task === 'embedding';
  const entries = Array.from(model.namedParameters(), ([path, parameter]) => {
    const key = encoderKey(model.config, path);
    return { key: isBare ? withoutPrefix(model.config, key) : key, parameter, isTransposed: false };
  });
  await writeWeights(folder, entries);
  await writeFileAtomic(join(folder, 'config.json'), configText(encoderConfigToJson(model.config)));
}

const isHead = (path: string): boolean => path.startsWith('head');

/** Parameter path → key in a file of the whole model. */
export const encoderKey = (config: EncoderConfig, path: string): string =>
  config.modelType === 'modernbert' ? modernBertKey(config, path) : bertKey(config, path);

const prefixOf = ({ modelType }: EncoderConfig): string =>
  modelType === 'modernbert' ? 'model.' : `${modelType}.`;

/** A file of the bare body lacks the prefix. */
export const withoutPrefix = (config: EncoderConfig, key: string): string =>
  key.startsWith(prefixOf(config)) ? key.slice(prefixOf(config).length) : key;

function mappingsOf(model: EncoderModel, source: WeightSource): Mapping[] {
  const { config } = model;
  const names = [...source.shapes.keys()];
  const isBare = !names.some((name) => name.startsWith(prefixOf(config)));
  return Array.from(model.namedParameters(), ([path, parameter]) => {
    const key = encoderKey(config, path);
    const name = isBare ? withoutPrefix(config, key) : key;
    return { parameter, path, name, shape: parameter.shape, convert: (tensor) => tensor };
  });
}

/** Buffers, tied copies, and the heads of other tasks. */
const IGNORED =
  /(^|\.)(embeddings\.position_ids|pooler\.dense\.(weight|bias)|(decoder|vocab_projector)\.weight|cls\..*|lm_head\..*|vocab_\w+\..*|decoder\.bias|head\..*|(pre_)?classifier\..*|qa_outputs\..*)$/;

const isIgnored = (name: string): boolean => IGNORED.test(name);

/** The first BERT files call a norm's weight and bias gamma and beta. */
function withModernNames(source: WeightSource): WeightSource {
  const modern = (name: string): string =>
    name
      .replace(/LayerNorm\.gamma$/, 'LayerNorm.weight')
      .replace(/LayerNorm\.beta$/, 'LayerNorm.bias');
  const originals = new Map(Array.from(source.shapes.keys(), (name) => [modern(name), name]));
  return {
    path: source.path,
    shapes: new Map(Array.from(source.shapes, ([name, shape]) => [modern(name), shape])),
    read: (name) => source.read(originals.get(name)!),
    close: () => source.close(),
  };
}
