// What `llm memory` is asked about: a model's folder, a .gguf file, a config.json or a parameter count.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  configFromGgufHeader,
  ggufTensorBytes,
  parseParameterCount,
  resolveShape,
  weightTypeFromGgufHeader,
} from '@llm/memory';
import type { ConfigJson, ModelSource } from '@llm/memory';
import { openGguf, openSafetensors } from '@llm/tensor/io';
import { checkModelPath } from '../../../models/open-model.ts';
import { UsageError } from '../../command.ts';

export interface Subject {
  readonly name: string;
  readonly model: ModelSource;
  /** Known exactly when a file tells. */
  readonly exactWeightBytes?: number;
  readonly weightType?: string;
}

async function fromGguf(path: string): Promise<Subject> {
  const file = await openGguf(path);
  try {
    const tensors = [...file.tensors.values()];
    return {
      name: path,
      model: configFromGgufHeader(file.metadata, { tensorNames: file.tensors.keys() }),
      exactWeightBytes: ggufTensorBytes(tensors),
      weightType: weightTypeFromGgufHeader(file.metadata),
    };
  } finally {
    await file.close();
  }
}

async function readConfig(path: string): Promise<ConfigJson> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Error(`${path}: expected a config.json, got ${error.code}. Check the path.`);
  });
  try {
    const json = JSON.parse(text) as ConfigJson;
    resolveShape(json);
    return json;
  } catch (error) {
    const got = error instanceof SyntaxError ? 'text that is not JSON' : (error as Error).message;
    throw new Error(`${path}: expected a model's config.json, got: ${got.replace(/\.$/, '')}.`);
  }
}

/** Bytes of the tensors in a folder's safetensors files, from their headers. */
async function folderWeightBytes(folder: string): Promise<number> {
  const shards = (await readdir(folder)).filter((name) => /^model.*\.safetensors$/.test(name));
  let bytes = 0;
  for (const shard of shards) {
    const file = await openSafetensors(join(folder, shard));
    for (const { byteLength } of file.tensors.values()) bytes += byteLength;
    await file.close();
  }
  return bytes;
}

async function fromModel(path: string): Promise<Subject> {
  await checkModelPath(path);
  const names = await readdir(path).catch(() => undefined); // not a folder: checkModelPath saw a .gguf file
  if (names === undefined) return fromGguf(path);
  const model = await readConfig(join(path, 'config.json'));
  return { name: path, model, exactWeightBytes: await folderWeightBytes(path) };
}

function fromCount(text: string): Subject {
  try {
    return { name: text, model: parseParameterCount(text) };
  } catch (error) {
    throw new UsageError(`--params: ${(error as Error).message.replace(/^\w+: \w+: /, '')}`);
  }
}

/** @throws UsageError unless exactly one of the three flags was given */
export async function findSubject(values: {
  readonly model: string | undefined;
  readonly config: string | undefined;
  readonly params: string | undefined;
}): Promise<Subject> {
  const given = [values.model, values.config, values.params].filter((value) => value !== undefined);
  if (given.length !== 1) throw new UsageError('expected one of --model, --config and --params.');
  if (values.params !== undefined) return fromCount(values.params);
  if (values.model !== undefined) return fromModel(values.model);
  const path = values.config as string;
  return { name: path, model: await readConfig(path) };
}
