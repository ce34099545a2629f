// An adapter folder in PEFT's format: adapter_config.json and adapter_model.safetensors.

import { Generator, nn, tf, type Tensor, type Variable } from '@llm/tensor';
import { openSafetensors, writeFileAtomic, writeSafetensors } from '@llm/tensor/io';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deleteAdapter, placesOf } from '../adapter/adapters.ts';
import { insertAdapter } from '../adapter/insert-adapter.ts';
import type { AdapterMethod } from '../adapter/method.ts';
import { AdapterError } from '../errors.ts';
import { dropBaseTables } from './base-tables.ts';
import {
  CONFIG_FILE,
  parseConfig,
  stringifyConfig,
  type AdapterNotes,
  type ParsedConfig,
} from './adapter-config.ts';

const WEIGHTS_FILE = 'adapter_model.safetensors';

/** Writes the adapter into the directory, which is made when needed. PEFT's `from_pretrained` reads it. */
export async function saveAdapter(
  model: nn.Module,
  directory: string,
  name = 'default',
  notes: AdapterNotes = {},
): Promise<void> {
  const parameters = adapterParameters(model, name); // throws before anything is written
  const { info } = placesOf(model, name)[0]!.part;
  await mkdir(directory, { recursive: true });
  const replaced = placesOf(model, name).flatMap(({ path, part }) =>
    part.replacedEntries(part.info.moduleName(path)),
  );
  const derived = [...replaced, ...derivedTensors(model, name)];
  try {
    const metadata = { format: 'pt' };
    const tensors = new Map<string, Tensor>([...parameters, ...derived]);
    await writeSafetensors(join(directory, weightsFile(info.method)), tensors, { metadata });
  } finally {
    tf.dispose(derived.map(([, tensor]) => tensor));
  }
  await writeFileAtomic(
    join(directory, CONFIG_FILE),
    stringifyConfig(info, { name, model, notes }),
  );
}

const weightsFile = (method: AdapterMethod): string => method.format?.weightsFile ?? WEIGHTS_FILE;

export interface LoadAdapterOptions {
  /** Whether it trains when active. @default false */
  readonly isTrainable?: boolean;
  /** Source of dropout, if it trains. @default new Generator(0) */
  readonly generator?: Generator;
  /** Path in this model → path in the Transformers model. @default snake_case */
  readonly moduleName?: (path: string) => string;
}

export interface LoadedAdapter {
  /** Paths of the adapted places. */
  readonly paths: readonly string[];
  /** Keys of adapter_config.json that are not known here and had no effect. */
  readonly unknownKeys: readonly string[];
}

/**
 * Adds the adapter of a PEFT folder to the model under `name`; the first one becomes active (see addLora).
 * @throws AdapterError, with the model as it was, when the folder is damaged, a key is missing, a key has no
 *   layer, or a shape differs
 */
export async function loadAdapter(
  model: nn.Module,
  directory: string,
  name = 'default',
  options: LoadAdapterOptions = {},
): Promise<LoadedAdapter> {
  const { isTrainable = false, generator = new Generator(0) } = options;
  const { moduleName = nn.toSnakePath } = options;
  const parsed = await readConfig(join(directory, CONFIG_FILE));
  const { method, config, unknownKeys } = parsed;
  const tensors = renamed(await readTensors(join(directory, weightsFile(method))), parsed, name);
  try {
    const info = { method, config, moduleName, isTrainable };
    const undo = trainableFlags(model);
    const paths = insertAdapter(model, { name, info, generator, isFinished: true });
    try {
      dropDerived(model, name, tensors);
      dropBaseTables(model, name, tensors);
      fill(adapterParameters(model, name), tensors, directory);
    } catch (error) {
      deleteAdapter(model, name);
      undo();
      throw error;
    }
    return { paths, unknownKeys };
  } finally {
    tf.dispose([...tensors.values()]);
  }
}

/** The adapter's parameters by their keys in the file. */
export function adapterParameters(model: nn.Module, name: string): [key: string, Variable][] {
  return placesOf(model, name).flatMap(({ path, part }) =>
    part.entries(part.info.moduleName(path)),
  );
}

/** Keys for the adapter's name here, in formats that have it in them. */
function renamed(
  tensors: Map<string, Tensor>,
  { method, savedName }: ParsedConfig,
  name: string,
): Map<string, Tensor> {
  const { format } = method;
  if (!format || savedName === undefined) return tensors;
  const entries = Array.from(tensors, ([key, tensor]): [string, Tensor] => [
    format.renameKey(key, savedName, name),
    tensor,
  ]);
  return new Map(entries);
}

function derivedTensors(model: nn.Module, name: string): [key: string, Tensor][] {
  return placesOf(model, name).flatMap(({ path, part }) =>
    part.derivedEntries(part.info.moduleName(path)),
  );
}

/** Takes what follows from the parameters out of what a file holds. */
function dropDerived(model: nn.Module, name: string, tensors: Map<string, Tensor>): void {
  for (const [key, derived] of derivedTensors(model, name)) {
    tf.dispose([derived, tensors.get(key) ?? []]);
    tensors.delete(key);
  }
}

/** Copies the tensors into the parameters. All is checked before anything is changed. */
function fill(
  parameters: readonly [string, Variable][],
  tensors: ReadonlyMap<string, Tensor>,
  directory: string,
): void {
  const expected = new Map(parameters);
  const missing = [...expected.keys()].filter((key) => !tensors.has(key));
  const extra = [...tensors.keys()].filter((key) => !expected.has(key));
  if (missing.length + extra.length > 0) {
    throw new AdapterError(
      `loadAdapter: ${directory}: expected a key for each of ${expected.size} tensors; ` +
        `missing ${list(missing)}; without a layer ${list(extra)}. Is it an adapter of this model?`,
    );
  }
  for (const [key, parameter] of expected) checkShape(key, parameter, tensors.get(key)!);
  for (const [key, parameter] of expected) {
    const copy = tf.tidy(() => tf.mul(tensors.get(key)!, 1)); // memory of its own
    nn.assignParameter(parameter, copy, key);
  }
}

function checkShape(key: string, parameter: Variable, tensor: Tensor): void {
  if (tf.util.arraysEqual(parameter.shape, tensor.shape)) return;
  throw new AdapterError(
    `loadAdapter: ${key}: expected [${parameter.shape}], got [${tensor.shape}]. ` +
      'Is it an adapter of this model, with the rank that its configuration says?',
  );
}

async function readConfig(path: string) {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new AdapterError(
      `loadAdapter: ${path}: expected a file, got ${error.message}. Give the folder of a PEFT adapter.`,
    );
  });
  return parseConfig(text, path);
}

async function readTensors(path: string): Promise<Map<string, Tensor>> {
  const file = await openSafetensors(path);
  const tensors = new Map<string, Tensor>();
  try {
    for (const key of file.tensors.keys()) tensors.set(key, await file.read(key));
    return tensors;
  } catch (error) {
    tf.dispose([...tensors.values()]);
    throw error;
  } finally {
    await file.close();
  }
}

/** Remembers which parameters train; the returned function puts that back. */
function trainableFlags(model: nn.Module): () => void {
  const flags = model.parameters().map((parameter) => [parameter, parameter.trainable] as const);
  return () => {
    for (const [parameter, flag] of flags) parameter.trainable = flag;
  };
}

function list(keys: readonly string[]): string {
  const shown = keys.slice(0, 4).join(', ');
  return `${keys.length}${keys.length > 0 ? ` (${shown}${keys.length > 4 ? ', …' : ''})` : ''}`;
}
