// Puts a file's tensors into a model's parameters. Every parameter must be in the file with its shape,
// and every tensor of the file must be wanted, before anything is read.
import { nn, tf, type Tensor, type Variable } from '@llm/tensor';
import { CheckpointError } from '../errors.ts';
import type { WeightSource } from './weight-source.ts';

/** One parameter and the tensor it comes from. */
export interface Mapping {
  readonly parameter: Variable;
  readonly path: string;
  readonly name: string;
  /** Shape in the file. */
  readonly shape: readonly number[];
  /** From the file's layout to the parameter's; takes the tensor over. */
  readonly convert: (tensor: Tensor) => Tensor;
}

/** A layer that the model was built without, and the tensor of its weight. */
export interface LayerMapping {
  readonly path: string;
  readonly name: string;
  /** Shape in the file. */
  readonly shape: readonly number[];
  /** Reads the weight and puts the layer into the model. */
  readonly put: (source: WeightSource) => Promise<void>;
}

/** Reads each mapped tensor into its parameter, which takes it over without a copy. */
export async function fillModel(
  source: WeightSource,
  mappings: readonly (Mapping | LayerMapping)[],
  isIgnored: (name: string) => boolean,
): Promise<void> {
  checkNames(source, mappings, isIgnored);
  for (const mapping of mappings) checkShape(source, mapping);
  for (const mapping of mappings) {
    if ('put' in mapping) {
      await mapping.put(source);
      continue;
    }
    const { parameter, path, name, convert } = mapping;
    nn.assignParameter(parameter, convert(await source.read(name)), path);
  }
}

function checkNames(
  { path, shapes }: WeightSource,
  mappings: readonly Pick<Mapping, 'name'>[],
  isIgnored: (name: string) => boolean,
): void {
  const wanted = new Set(mappings.map(({ name }) => name));
  const missing = [...wanted].filter((name) => !shapes.has(name));
  const unknown = [...shapes.keys()].filter((name) => !wanted.has(name) && !isIgnored(name));
  if (missing.length + unknown.length === 0) return;
  throw new CheckpointError(
    `loadModel: ${path}: expected the configured model's tensors, got ${list(missing, 'missing')} and ${list(unknown, 'unknown')}. Use the config.json that belongs to the weights.`,
  );
}

function list(names: readonly string[], what: string): string {
  if (names.length === 0) return `0 ${what}`;
  const shown = names.slice(0, 10).join(', ');
  return `${names.length} ${what} (${shown}${names.length > 10 ? ', …' : ''})`;
}

function checkShape(
  { path, shapes }: WeightSource,
  { name, shape }: Pick<Mapping, 'name' | 'shape'>,
): void {
  const got = shapes.get(name) ?? [];
  if (got.length === shape.length && got.every((n, i) => n === shape[i])) return;
  throw new CheckpointError(
    `loadModel: ${path}: ${name}: expected [${shape.join(', ')}], got [${got.join(', ')}]. Use the config.json that belongs to the weights.`,
  );
}

/** [in, out] → [out, in] and back; takes the tensor over. */
export function transposed(tensor: Tensor): Tensor {
  const turned = tf.transpose(tensor);
  tensor.dispose();
  return turned;
}
