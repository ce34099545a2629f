// Reads a model from a Hugging Face folder or a GGUF file.
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Generator, type nn, type Tensor } from '@llm/tensor';
import { openGguf, type GgufFile } from '@llm/tensor/io';
import { configFromGguf, parseConfig, type ModelConfig } from '../config/config.ts';
import { ConfigError } from '../errors.ts';
import type { RopeFactors } from '../gguf/metadata.ts';
import { FACTOR_TENSORS } from '../gguf/rope.ts';
import { withSingleExperts } from '../gguf/stacked-experts.ts';
import { downloadModel, type HubOptions } from '../hub/download-model.ts';
import { isHubName } from '../hub/name.ts';
import type { CausalLm } from '../models/causal-lm.ts';
import { buildModel } from '../models/create-model.ts';
import { fillModel, transposed, type Mapping } from './fill-model.ts';
import { layoutOf } from './layout.ts';
import { layerMappings, type WeightPlace, type WeightStorage } from './place-layers.ts';
import { whenAbsent } from './when-absent.ts';
import { ggufWeights, openFolderWeights, type WeightSource } from './weight-source.ts';

export interface LoadOptions {
  /** Seed of dropout, should the model be trained. @default 0 */
  readonly seed?: number;
  /** What dropout draws from instead; a training loop that keeps its state resumes to the same bits. */
  readonly generator?: Generator;
  /** How matrices are kept. `float32`: dequantised, to the bits of the file's values. `quantized`: in the
   *  blocks of a GGUF file, a fourth of the memory or less and several times faster to decode; inputs of
   *  products are rounded to 8 bits as llama.cpp does. `bf16`: rounded to bfloat16. Models that are not
   *  float32 can't be saved or trained, except through adapters. @default 'float32' */
  readonly weights?: WeightStorage;
  /** How `hub:org/name` is downloaded. */
  readonly hub?: HubOptions;
}

/** Loads a folder (config.json with model.safetensors or shards) or a `.gguf` file, whose weights are
 *  dequantised; or what `hub:org/name` names, downloaded first (`downloadModel`). The model is float32 and in evaluation mode; the caller disposes it.
 *  Throws ConfigError, CheckpointError, FormatError. */
export async function loadModel(path: string, options: LoadOptions = {}): Promise<CausalLm> {
  const place = isHubName(path) ? await downloadModel(path, options.hub) : path;
  const entry = await stat(place).catch(whenAbsent(place, 'a folder or a .gguf file'));
  return entry.isDirectory() ? loadFolder(place, options) : loadGguf(place, options);
}

/** Reads and checks a folder's config.json. */
export async function readConfig(folder: string): Promise<ModelConfig> {
  const file = join(folder, 'config.json');
  const text = await readFile(file, 'utf8').catch(whenAbsent(file, 'the configuration of a model'));
  try {
    return parseConfig(JSON.parse(text));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new ConfigError(
      `loadModel: ${file}: expected JSON, got ${error.message}. Download it again.`,
    );
  }
}

async function loadFolder(folder: string, options: LoadOptions): Promise<CausalLm> {
  const config = await readConfig(folder);
  const source = await openFolderWeights(folder);
  try {
    const model = blankModel(config, options);
    const { isIgnored } = layoutOf(config);
    const place = folderPlaces(model, source);
    return await filled(model, () => {
      const layers = layerMappings(model, options.weights ?? 'float32', place);
      return fillModel(source, [...folderMappings(model, source), ...layers], isIgnored);
    });
  } finally {
    await source.close();
  }
}

async function loadGguf(path: string, options: LoadOptions): Promise<CausalLm> {
  const gguf = await openGguf(path);
  const source = withSingleExperts(
    ggufWeights(path, gguf, (options.weights ?? 'float32') === 'float32'),
  );
  try {
    const factors = await readFactors(gguf);
    const config = configFromGguf(gguf.metadata, gguf.tensors.keys(), factors);
    const model = blankModel(config, options);
    const isIgnored = (name: string): boolean => FACTOR_TENSORS.includes(name);
    return await filled(model, () => {
      const layers = layerMappings(model, options.weights ?? 'float32', ggufPlaces(model));
      return fillModel(source, [...ggufMappings(model), ...layers], isIgnored);
    });
  } finally {
    await source.close();
  }
}

/** The tensors that say how positions are scaled. */
async function readFactors(gguf: GgufFile): Promise<RopeFactors> {
  const [all, long, short] = await Promise.all(
    FACTOR_TENSORS.map(async (name) => {
      if (!gguf.tensors.has(name)) return undefined;
      const tensor = await gguf.dequantize(name);
      const values = Array.from(await tensor.data());
      tensor.dispose();
      return values;
    }),
  );
  return { ...(all && { all }), ...(long && { long }), ...(short && { short }) };
}

/** A model whose weights are yet to come. */
export function blankModel(
  config: ModelConfig,
  { seed = 0, generator = new Generator(seed), weights = 'float32' }: LoadOptions,
): CausalLm {
  return buildModel(config, { generator, initialize: false, isPending: weights !== 'float32' });
}

/** The module after `fill`, in evaluation mode; disposed if that fails. */
export async function filled<M extends nn.Module>(
  module: M,
  fill: () => Promise<void>,
): Promise<M> {
  try {
    await fill();
  } catch (error) {
    module.dispose();
    throw error;
  }
  module.eval();
  return module;
}

/** Names in a Hugging Face file; one of the bare body lacks the body's prefix. */
export function folderMappings(model: CausalLm, source: WeightSource): Mapping[] {
  const placeOf = folderPlaces(model, source);
  return Array.from(model.namedParameters(), ([path, parameter]) => {
    const { name, isTransposed, convert } = placeOf(path);
    const shape = isTransposed ? [...parameter.shape].reverse() : parameter.shape;
    return { parameter, path, name, shape, convert };
  });
}

function folderPlaces(model: CausalLm, source: WeightSource): (path: string) => WeightPlace {
  const layout = layoutOf(model.config);
  const isBody = ![...source.shapes.keys()].some((name) => name.startsWith(layout.bodyPrefix));
  return (path) => {
    const key = layout.key(path);
    const isTransposed = layout.isTransposed(path);
    return {
      name: isBody && key.startsWith(layout.bodyPrefix) ? key.slice(layout.bodyPrefix.length) : key,
      isTransposed,
      reorderRows: null,
      convert: isTransposed ? transposed : (tensor) => tensor,
    };
  };
}

/** Names in a GGUF file. */
export function ggufMappings(model: CausalLm): Mapping[] {
  const placeOf = ggufPlaces(model);
  return Array.from(model.namedParameters(), ([path, parameter]) => {
    const { name, convert } = placeOf(path);
    return { parameter, path, name, shape: parameter.shape, convert };
  });
}

function ggufPlaces(model: CausalLm): (path: string) => WeightPlace {
  const layout = layoutOf(model.config);
  return (path) => {
    const transform = layout.ggufTransform(path);
    return {
      name: layout.ggufName(path),
      isTransposed: false,
      reorderRows: transform?.isRowOrder === true ? transform.fromFile : null,
      convert: transform === null ? (tensor) => tensor : consuming(transform.fromFile),
    };
  };
}

/** The same, but takes the tensor over. */
const consuming =
  (convert: (tensor: Tensor) => Tensor) =>
  (tensor: Tensor): Tensor => {
    const converted = convert(tensor);
    tensor.dispose();
    return converted;
  };
