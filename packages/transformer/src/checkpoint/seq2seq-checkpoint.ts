// Encoder–decoders as Hugging Face folders.
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Generator, tf } from '@llm/tensor';
import { writeFileAtomic } from '@llm/tensor/io';
import { configText } from '../config/config-text.ts';
import { BartForConditionalGeneration } from '../models/bart/model.ts';
import { bartKey, isIgnoredByBart } from '../models/bart/checkpoint.ts';
import type { BuildOptions } from '../models/build.ts';
import type { Seq2SeqConfig } from '../models/seq2seq/config.ts';
import { readSeq2SeqConfig, seq2SeqConfigToJson } from '../models/seq2seq/read-config.ts';
import type { Seq2SeqLm } from '../models/seq2seq/seq2seq-lm.ts';
import { isIgnoredByT5, t5Key } from '../models/t5/checkpoint.ts';
import { scalesOutput, T5ForConditionalGeneration } from '../models/t5/model.ts';
import { fillModel, type Mapping } from './fill-model.ts';
import { filled, type LoadOptions } from './load-model.ts';
import { writeWeights, type Entry } from './save-model.ts';
import { whenAbsent } from './when-absent.ts';
import { openFolderWeights, type WeightSource } from './weight-source.ts';

const LOGITS_BIAS = 'final_logits_bias';

/** A random encoder–decoder as published, in training mode; the caller disposes it. `marian` is the
 *  original Transformer.
 *  @example createSeq2Seq({ modelType: 't5', vocabSize: 64, dModel: 32, dKv: 8, dFf: 64, numLayers: 2, numHeads: 4 }, { seed: 1 }) */
export function createSeq2Seq(
  config: Readonly<Record<string, unknown>>,
  { seed = 0, generator = new Generator(seed) }: LoadOptions,
): Seq2SeqLm {
  const read = readSeq2SeqConfig(config);
  return build(read, !scalesOutput(read), { generator });
}

/** Loads a folder of T5, BART or Marian. The model is in evaluation mode; the caller disposes it.
 *  Throws ConfigError, CheckpointError, FormatError. */
export async function loadSeq2Seq(
  folder: string,
  { seed = 0, generator = new Generator(seed) }: LoadOptions = {},
): Promise<Seq2SeqLm> {
  const path = join(folder, 'config.json');
  const text = await readFile(path, 'utf8').catch(whenAbsent(path, 'the configuration of a model'));
  const config = readSeq2SeqConfig(JSON.parse(text));
  const source = await openFolderWeights(folder);
  try {
    const hasOwnHead = !scalesOutput(config) && source.shapes.has('lm_head.weight');
    const model = build(config, hasOwnHead, { generator, initialize: false });
    return await filled(model, () => fill(model, source));
  } finally {
    await source.close();
  }
}

/** Writes config.json and model.safetensors into `folder`, which is made if need be. */
export async function saveSeq2Seq(model: Seq2SeqLm, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const entries: Entry[] = Array.from(model.namedParameters(), ([path, parameter]) => {
    return { key: seq2SeqKey(model.config, path), parameter, isTransposed: false };
  });
  if (model instanceof BartForConditionalGeneration)
    entries.push({ key: LOGITS_BIAS, parameter: model.finalLogitsBias, isTransposed: false });
  await writeWeights(folder, entries);
  const isT5 = model.config.modelType === 't5';
  // Transformers takes an untied output to mean that it is not scaled either.
  const tying = isT5 ? { tie_word_embeddings: scalesOutput(model.config) } : {};
  const json = { ...seq2SeqConfigToJson(model.config), ...tying };
  await writeFileAtomic(join(folder, 'config.json'), configText(json));
}

function build(config: Seq2SeqConfig, hasOwnHead: boolean, options: BuildOptions): Seq2SeqLm {
  return config.modelType === 't5'
    ? new T5ForConditionalGeneration(config, hasOwnHead, options)
    : new BartForConditionalGeneration(config, options);
}

/** Parameter path → key in the file. */
export const seq2SeqKey = (config: Seq2SeqConfig, path: string): string =>
  config.modelType === 't5' ? t5Key(config, path) : bartKey(path);

async function fill(model: Seq2SeqLm, source: WeightSource): Promise<void> {
  const { config } = model;
  const mappings: Mapping[] = Array.from(model.namedParameters(), ([path, parameter]) => {
    const name = seq2SeqKey(config, path);
    return { parameter, path, name, shape: parameter.shape, convert: (tensor) => tensor };
  });
  await fillModel(source, mappings, (key) =>
    config.modelType === 't5' ? isIgnoredByT5(key) : isIgnoredByBart(key, config.modelType),
  );
  if (!(model instanceof BartForConditionalGeneration) || !source.shapes.has(LOGITS_BIAS)) return;
  model.finalLogitsBias.dispose();
  model.finalLogitsBias = tf.keep(await source.read(LOGITS_BIAS));
}
