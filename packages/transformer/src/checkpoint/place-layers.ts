// Puts layers into a model that was built without them: their weights as the file has them (quantised), in
// bfloat16, or in float32 where the file has no smaller form.
import { isQuantizedType, nn, QuantizedWeight, tf, type Tensor, type Variable } from '@llm/tensor';
import { PendingEmbedding, PendingLinear } from '../models/pending-layer.ts';
import type { LayerMapping } from './fill-model.ts';
import type { WeightSource } from './weight-source.ts';

/** How a loaded model keeps its matrices. */
export type WeightStorage = 'float32' | 'bf16' | 'quantized';

/** Where a layer's weight lies in a file. */
export interface WeightPlace {
  readonly name: string;
  /** Whether the file has it as [in, out]. */
  readonly isTransposed: boolean;
  /** Puts the rows that the file has in another order into ours: a new tensor; null where they are. */
  readonly reorderRows: ((rows: Tensor) => Tensor) | null;
  /** From the file's layout to the parameter's; takes the tensor over. */
  readonly convert: (tensor: Tensor) => Tensor;
}

/** A mapping for each layer that the model was built without. */
export function layerMappings(
  model: nn.Module,
  storage: WeightStorage,
  placeOf: (path: string) => WeightPlace,
): LayerMapping[] {
  return Array.from(model.namedModules()).flatMap(([path, module]) => {
    if (!(module instanceof PendingLinear || module instanceof PendingEmbedding)) return [];
    const place = placeOf(`${path}.weight`);
    const shape = place.isTransposed ? [...module.shape].reverse() : module.shape;
    const put = async (source: WeightSource): Promise<void> => {
      const weight = await readWeight(source, place, module.shape, storage);
      model.setModule(path, layerOf(module, weight));
    };
    return [{ path, name: place.name, shape, put }];
  });
}

/** The weight in the wanted form: a tensor if that is float32. */
async function readWeight(
  source: WeightSource,
  place: WeightPlace,
  shape: [number, number],
  storage: WeightStorage,
): Promise<QuantizedWeight | Tensor> {
  const { name, isTransposed, reorderRows, convert } = place;
  const type = source.typeOf?.(name) ?? 'F32';
  if (storage === 'quantized' && isQuantizedType(type) && !isTransposed && source.readBlocks) {
    const blocks = await source.readBlocks(name);
    const rows =
      reorderRows === null
        ? blocks
        : tf.tidy(() => reorderRows(tf.reshape(blocks, [shape[0], -1]))); // rows of bytes
    const weight = new QuantizedWeight(type, shape, rows);
    tf.dispose([blocks, rows]);
    return weight;
  }
  const tensor = convert(await source.read(name));
  if (storage !== 'bf16') return tensor;
  const weight = QuantizedWeight.from(tensor, 'BF16');
  tensor.dispose();
  return weight;
}

function layerOf(
  pending: PendingLinear | PendingEmbedding,
  weight: QuantizedWeight | Tensor,
): nn.Module {
  const [rows, columns] = pending.shape;
  const isLinear = pending instanceof PendingLinear;
  if (weight instanceof QuantizedWeight) {
    return isLinear
      ? new nn.QuantizedLinear(weight, pending.bias)
      : new nn.QuantizedEmbedding(weight);
  }
  return isLinear
    ? floatLinear([columns, rows], weight, pending.bias)
    : assigned(new nn.Embedding(rows, columns, { generator: null }), weight);
}

function floatLinear(
  [inFeatures, outFeatures]: readonly [number, number],
  weight: Tensor,
  bias: Variable | undefined,
): nn.Module {
  const layer = new nn.Linear(inFeatures, outFeatures, { hasBias: false, generator: null });
  if (bias !== undefined) Object.assign(layer, { bias });
  return assigned(layer, weight);
}

function assigned<L extends nn.Linear | nn.Embedding>(layer: L, weight: Tensor): L {
  nn.assignParameter(layer.weight, weight, 'weight');
  return layer;
}
