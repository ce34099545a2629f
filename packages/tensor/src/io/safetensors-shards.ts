/** Checkpoints in several safetensors files with an index, as Hugging Face's libraries write them:
 *  model-00001-of-00003.safetensors, … and model.safetensors.index.json, whose `weight_map` says in
 *  which file each tensor is. */
import { readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FormatError } from '../errors/errors.ts';
import { type PlannedTensor, planTensors, type TensorEntry } from './safetensors-encode.ts';
import type { SafetensorsFile } from './safetensors-read.ts';
import { type SafetensorsOptions, writePlanned } from './safetensors-write.ts';
import type { OpenOptions } from './tensor-source.ts';
import { writeFileAtomic } from './write-file-atomic.ts';

export interface ShardOptions extends SafetensorsOptions {
  /** Bytes of tensors in a file; a larger tensor gets a file of its own. @default 5·10⁹, as
   *  Transformers has it for what is downloaded */
  maxShardBytes?: number;
  /** Of the files. @default 'model' */
  baseName?: string;
}

const DEFAULT_SHARD_BYTES = 5e9;

/**
 * Writes tensors into `folder`: as one file where they fit, else as shards and, after them, their index.
 * Each file appears whole or not at all. Files of an earlier checkpoint of the same base name that no
 * longer belong are removed at the end.
 *
 * @returns the names of the files that hold the tensors
 * @throws as writeSafetensors; RangeError for `maxShardBytes` below 1
 */
export async function writeSafetensorsShards(
  folder: string,
  tensors: Iterable<TensorEntry>,
  options: ShardOptions = {},
): Promise<string[]> {
  const { metadata = { format: 'pt' }, dtype, baseName = 'model' } = options;
  const { maxShardBytes = DEFAULT_SHARD_BYTES } = options;
  if (!(maxShardBytes >= 1)) {
    throw new RangeError(
      `writeSafetensorsShards: maxShardBytes: expected at least 1, got ${maxShardBytes}.`,
    );
  }
  const planned = planTensors(tensors, dtype);
  const shards = cut(planned, maxShardBytes);
  const names = shards.map((_, i) => shardName(baseName, i + 1, shards.length));
  for (const [i, shard] of shards.entries()) {
    await writePlanned(join(folder, names[i]!), shard, metadata);
  }
  const index = `${baseName}.safetensors.index.json`;
  if (shards.length > 1) await writeIndex(join(folder, index), shards, names);
  await removeOthers(folder, baseName, shards.length > 1 ? [...names, index] : names);
  return names;
}

function cut(tensors: readonly PlannedTensor[], maxBytes: number): PlannedTensor[][] {
  const shards: PlannedTensor[][] = [[]];
  let bytes = 0;
  for (const tensor of tensors) {
    if (bytes > 0 && bytes + tensor.byteLength > maxBytes) {
      shards.push([]);
      bytes = 0;
    }
    shards.at(-1)!.push(tensor);
    bytes += tensor.byteLength;
  }
  return shards;
}

function shardName(baseName: string, number: number, count: number): string {
  if (count === 1) return `${baseName}.safetensors`;
  const digits = (n: number) => String(n).padStart(5, '0');
  return `${baseName}-${digits(number)}-of-${digits(count)}.safetensors`;
}

async function writeIndex(
  path: string,
  shards: readonly (readonly PlannedTensor[])[],
  names: readonly string[],
): Promise<void> {
  const entries = shards.flatMap((shard, i) => shard.map(({ name }) => [name, names[i]!] as const));
  const total = shards.flat().reduce((sum, { byteLength }) => sum + byteLength, 0);
  const index = { metadata: { total_size: total }, weight_map: Object.fromEntries(entries) };
  await writeFileAtomic(path, `${JSON.stringify(index, null, 2)}\n`);
}

async function removeOthers(
  folder: string,
  baseName: string,
  kept: readonly string[],
): Promise<void> {
  const ours = /^(-\d{5}-of-\d{5})?\.safetensors(\.index\.json)?$/;
  for (const file of await readdir(folder)) {
    const isOurs = file.startsWith(baseName) && ours.test(file.slice(baseName.length));
    if (isOurs && !kept.includes(file)) await rm(join(folder, file));
  }
}

/** Opens one file; passed in, since openSafetensors itself comes here for an index. */
type Open = (path: string, options: OpenOptions) => Promise<SafetensorsFile>;

/** The shards that an index names, as one. @throws FormatError where index and shards disagree */
export async function openShards(
  indexPath: string,
  options: OpenOptions,
  open: Open,
): Promise<SafetensorsFile> {
  const fail = (problem: string) => new FormatError(`openSafetensors: ${indexPath}: ${problem}`);
  const map = parseIndex(await readFile(indexPath, 'utf8'), fail);
  const opened = new Map<string, SafetensorsFile>();
  const close = async () => {
    for (const file of opened.values()) await file.close();
  };
  try {
    for (const shard of new Set(map.values())) {
      const opening = open(join(dirname(indexPath), shard), options);
      opened.set(shard, await opening.catch(explain(shard, fail)));
    }
    return { ...merge(opened, map, fail), close };
  } catch (error) {
    await close();
    throw error;
  }
}

type Fail = (problem: string) => FormatError;

function explain(shard: string, fail: Fail): (error: unknown) => never {
  return (error) => {
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw isAbsent ? fail(`expected ${shard} beside it, got no such file. Download it.`) : error;
  };
}

function merge(
  opened: ReadonlyMap<string, SafetensorsFile>,
  map: ReadonlyMap<string, string>,
  fail: Fail,
): Omit<SafetensorsFile, 'close'> {
  const owners = new Map<string, SafetensorsFile>();
  for (const [shard, file] of opened) {
    for (const name of file.tensors.keys()) {
      if (owners.has(name)) throw fail(`${name}: expected in one shard, got it in two.`);
      const stated = map.get(name) ?? 'none';
      if (stated !== shard) throw fail(`${name}: expected in ${stated}, got it in ${shard}.`);
      owners.set(name, file);
    }
  }
  for (const [name, shard] of map) {
    if (!owners.has(name)) throw fail(`${name}: expected in ${shard}, got no such tensor.`);
  }
  const metadata = [...opened.values()][0]?.metadata ?? new Map<string, string>();
  const tensors = new Map(Array.from(owners, ([name, file]) => [name, file.tensors.get(name)!]));
  const read = async (name: string) => {
    const owner = owners.get(name);
    if (owner !== undefined) return owner.read(name);
    throw new RangeError(`openSafetensors: expected a tensor's name, got '${name}'. See tensors.`);
  };
  return { metadata, tensors, read };
}

function parseIndex(text: string, fail: Fail): Map<string, string> {
  let index: unknown;
  try {
    index = JSON.parse(text);
  } catch {
    throw fail('expected JSON. Download the file again.');
  }
  const isObject = (value: unknown): value is object =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  const map = isObject(index) && 'weight_map' in index ? index.weight_map : undefined;
  if (!isObject(map)) throw fail('expected weight_map, got none. Download the file again.');
  const entries: [string, unknown][] = Object.entries(map);
  const wrong = entries.find(([, file]) => !isShardName(file));
  if (wrong === undefined) return new Map(entries as [string, string][]);
  throw fail(
    `weight_map: expected names of safetensors files beside it, got ${JSON.stringify(wrong[1])}. ` +
      'Download the file again.',
  );
}

/** A shard lies beside its index: a name, never a path. */
function isShardName(file: unknown): boolean {
  return typeof file === 'string' && /^[\w.-]+\.safetensors$/.test(file);
}
