// Which block type each tensor of a quantised file gets. The rules are llama.cpp's `llama-quantize`, less
// its per-layer mixtures: vectors and routers stay float32, the output is finer than the rest, and rows that
// are no whole blocks get a type that fits.
import type { BlockType } from '@llm/tensor/io';

const K_BLOCK = 256;
const PLAIN_BLOCK = 32;

/** Of 32 elements, for rows that are no multiple of 256. */
const FALLBACKS: Readonly<Partial<Record<BlockType, BlockType>>> = {
  Q2_K: 'Q4_0',
  Q3_K: 'Q4_0',
  Q4_K: 'Q5_0',
  Q5_K: 'Q5_1',
  Q6_K: 'Q8_0',
};

const UNQUANTISED: readonly BlockType[] = ['F32', 'F16', 'BF16'];

/** The type for a tensor, given the type that the file is to have. `isOutput`: it makes the logits. */
export function blockChoice(
  wanted: BlockType,
  tensor: { readonly name: string; readonly shape: readonly number[]; readonly isOutput: boolean },
): BlockType {
  const { name, shape, isOutput } = tensor;
  if (shape.length < 2 || isKeptWhole(name)) return 'F32';
  if (UNQUANTISED.includes(wanted)) return wanted;
  const finer = isOutput && wanted !== 'Q8_0' ? 'Q6_K' : wanted;
  return fitting(finer, shape.at(-1)!);
}

function fitting(type: BlockType, rowLength: number): BlockType {
  if (rowLength % K_BLOCK === 0) return type;
  const plain = FALLBACKS[type] ?? type;
  return rowLength % PLAIN_BLOCK === 0 ? plain : 'F16';
}

/** Learned positions and the routers of experts: small, and every token depends on them. */
function isKeptWhole(name: string): boolean {
  return name === 'position_embd.weight' || name.endsWith('.ffn_gate_inp.weight');
}

/** `general.file_type`: llama.cpp's number of the type that most tensors have. */
export const FILE_TYPES: Readonly<Record<BlockType, number>> = {
  F32: 0,
  F16: 1,
  Q4_0: 2,
  Q4_1: 3,
  Q8_0: 7,
  Q5_0: 8,
  Q5_1: 9,
  Q2_K: 10,
  Q3_K: 11,
  Q4_K: 14,
  Q5_K: 16,
  Q6_K: 18,
  BF16: 32,
};
