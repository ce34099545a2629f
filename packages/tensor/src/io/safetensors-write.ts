import {
  type DtypeChoice,
  encodeHeader,
  encodeValues,
  type PlannedTensor,
  planTensors,
  type TensorEntry,
} from './safetensors-encode.ts';
import { DTYPE_BYTES } from './safetensors-header.ts';
import { writeFileAtomic } from './write-file-atomic.ts';

/** What a file gets besides the tensors. */
export interface SafetensorsOptions {
  /** Strings for the header's `__metadata__`. Default `{format: 'pt'}`, which Python's
   *  Transformers asks for. */
  metadata?: Readonly<Record<string, string>>;
  /** How float32 tensors are stored, or a choice for each tensor. F16 and BF16 round to the nearest, ties
   *  to even. @default F32, I32 and BOOL */
  dtype?: DtypeChoice;
}

/**
 * Writes tensors as one safetensors file, atomically: float32 as F32 (F16 or BF16 on request), int32 as
 * I32 (I64, U8), bool as BOOL (U8). One tensor at a time is held as bytes; the tensors stay the
 * caller's, a `LazyTensor` is made when its turn comes.
 *
 * @throws UnsupportedError for strings and complex numbers, RangeError for a name given twice and for a
 *   value that its dtype cannot hold
 */
export async function writeSafetensors(
  path: string,
  tensors: Iterable<TensorEntry>,
  options: SafetensorsOptions = {},
): Promise<void> {
  const { metadata = { format: 'pt' }, dtype } = options;
  await writePlanned(path, planTensors(tensors, dtype), metadata);
}

/** Widest elements first, so that all of them stay aligned. */
export async function writePlanned(
  path: string,
  tensors: readonly PlannedTensor[],
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  const ordered = [...tensors].sort((a, b) => DTYPE_BYTES[b.dtype] - DTYPE_BYTES[a.dtype]);
  await writeFileAtomic(path, pieces(encodeHeader(ordered, metadata), ordered));
}

async function* pieces(
  header: Uint8Array,
  tensors: readonly PlannedTensor[],
): AsyncGenerator<Uint8Array> {
  yield header;
  for (const tensor of tensors) yield await encodeValues(tensor);
}
