/** The block types of a weight that is used as it lies in a file. */
import { type BlockType, isBlockType } from '../io/blocks/block-type.ts';

/** A GGUF type with few bits for each weight, or half precision. */
export type QuantizedType = Exclude<BlockType, 'F32'>;

/** Whether a weight of this GGUF type can be used without being dequantised. */
export function isQuantizedType(type: string): type is QuantizedType {
  return type !== 'F32' && isBlockType(type);
}
