/** The types of tensor data that can be read and written here, by ggml's names: F32, the two 16-bit
 *  floats, and the quantised blocks. What a block holds is in plain-decode.ts and k-decode.ts; in C++
 *  all of it is in native/kernels/blocks/block_type.h. */
import { UnsupportedError } from '../../errors/errors.ts';
import { type GgufType, ggufTypeNamed } from '../gguf-types.ts';

export const BLOCK_TYPES = Object.freeze([
  'F32',
  'F16',
  'BF16',
  'Q4_0',
  'Q4_1',
  'Q5_0',
  'Q5_1',
  'Q8_0',
  'Q2_K',
  'Q3_K',
  'Q4_K',
  'Q5_K',
  'Q6_K',
] as const);

/** ggml's name of a type that can be quantised to and dequantised from. */
export type BlockType = (typeof BLOCK_TYPES)[number];

export function isBlockType(name: string): name is BlockType {
  return (BLOCK_TYPES as readonly string[]).includes(name);
}

/** Number in the file, elements and bytes of a block. */
export function blockFormat(type: BlockType): GgufType {
  return ggufTypeNamed(type)!;
}

/** @throws UnsupportedError for any other name */
export function checkBlockType(op: string, name: string): BlockType {
  if (isBlockType(name)) return name;
  throw new UnsupportedError(
    `${op}: type: expected one of ${BLOCK_TYPES.join(', ')}, got ${name}. Use one of these.`,
  );
}
