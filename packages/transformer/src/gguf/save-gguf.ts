// Writes a model as one GGUF file that llama.cpp loads.
import { tf, type Tensor } from '@llm/tensor';
import { writeGguf, type BlockType, type GgufMetadataValue, type GgufTensor } from '@llm/tensor/io';
import { layoutOf } from '../checkpoint/layout.ts';
import { expectFloatWeights } from '../checkpoint/save-model.ts';
import type { CausalLm } from '../models/causal-lm.ts';
import { configToGguf } from './architectures.ts';
import { blockChoice, FILE_TYPES } from './block-choice.ts';
import { placeOfExpert } from './stacked-experts.ts';
import { vocabularyEntries, type Metadata } from './vocabulary.ts';

export interface SaveGgufOptions {
  /** Of the matrices. Vectors stay F32; the output is at least Q6_K; rows that are no multiple of 256 get a
   *  type of 32-element blocks, others F16. @default 'F16' */
  readonly type?: BlockType;
  /** The tokenizer's metadata, such as `tokenizer.toGgufMetadata()` of @llm/tokenizer. Without it the file
   *  has no vocabulary and takes token ids only. */
  readonly tokenizer?: Metadata;
  /** `general.name`. */
  readonly name?: string;
  readonly onTensor?: (name: string, index: number, count: number) => void;
}

/** How many tensors of the file have each type. */
export type BlockTypeCounts = Readonly<Partial<Record<BlockType, number>>>;

/** Writes `path` whole or not at all. Throws ConfigError for a configuration that llama.cpp has no graph
 *  for, CheckpointError for adapters that are not merged and for a tokenizer with more tokens than the
 *  model. */
export async function saveGguf(
  model: CausalLm,
  path: string,
  options: SaveGgufOptions = {},
): Promise<BlockTypeCounts> {
  const { type = 'F16', onTensor } = options;
  expectFloatWeights('saveGguf', model);
  const { architecture, entries, factors = {} } = configToGguf(model.config);
  const metadata = new Map<string, GgufMetadataValue>([
    ['general.architecture', architecture],
    ['general.name', options.name ?? model.config.modelType],
    ['general.file_type', FILE_TYPES[type]],
    ['general.quantization_version', QUANTIZATION_VERSION],
  ]);
  for (const [key, value] of Object.entries(entries)) {
    if (value !== undefined) metadata.set(`${architecture}.${key}`, value);
  }
  for (const entry of vocabularyEntries(model.config, options.tokenizer ?? [])) {
    metadata.set(...entry);
  }
  const tensors = [...parameterTensors(model, type), ...factorTensors(factors)];
  await writeGguf(path, { metadata, tensors, ...(onTensor && { onTensor }) });
  return countTypes(tensors);
}

/** Of ggml's block layouts. */
const QUANTIZATION_VERSION = 2;

/** The parameters by their name in the file, the experts of a layer as one. */
function parameterTensors(model: CausalLm, type: BlockType): GgufTensor[] {
  const layout = layoutOf(model.config);
  const outputName = model.config.tieWordEmbeddings ? 'token_embd.weight' : 'output.weight';
  const groups = new Map<string, { tensors: Tensor[]; make: () => Tensor }>();
  for (const [path, parameter] of model.namedParameters()) {
    const name = layout.ggufName(path);
    const place = placeOfExpert(name);
    if (place !== null) {
      const tensors = groups.get(place.stacked)?.tensors ?? [];
      tensors[place.index] = parameter;
      groups.set(place.stacked, { tensors, make: () => tf.stack(tensors) });
      continue;
    }
    const transform = layout.ggufTransform(path);
    const make = () => transform?.toFile(parameter) ?? tf.clone(parameter);
    groups.set(name, { tensors: [parameter], make });
  }
  return Array.from(groups, ([name, { tensors, make }]) => {
    const isStacked = name.endsWith('_exps.weight');
    const { shape: single } = tensors[0]!;
    const shape = isStacked ? [tensors.length, ...single] : single;
    const chosen = blockChoice(type, { name, shape, isOutput: name === outputName });
    return { name, type: chosen, shape, data: make };
  });
}

const factorTensors = (factors: Readonly<Record<string, readonly number[]>>): GgufTensor[] =>
  Object.entries(factors).map(([name, values]) => {
    return { name, type: 'F32', shape: [values.length], data: Float32Array.from(values) };
  });

function countTypes(tensors: readonly GgufTensor[]): BlockTypeCounts {
  const counts: Partial<Record<BlockType, number>> = {};
  for (const { type } of tensors) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
}
