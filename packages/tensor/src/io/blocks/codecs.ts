/** Each block type's reference in TypeScript: whole arrays to bytes and back. */
import { typedView } from '../typed-view.ts';
import { blockFormat, type BlockType } from './block-type.ts';
import {
  bfloat16ToFloat32,
  float16ToFloat32,
  float32ToBfloat16,
  float32ToFloat16,
} from './half-precision.ts';
import { decodeQ2_K, decodeQ3_K, decodeQ4_K, decodeQ5_K, decodeQ6_K } from './k-decode.ts';
import { encodeQ2_K, encodeQ3_K, encodeQ4_K, encodeQ5_K, encodeQ6_K } from './k-encode.ts';
import {
  type DecodeBlock,
  decodeQ4_0,
  decodeQ4_1,
  decodeQ5_0,
  decodeQ5_1,
  decodeQ8_0,
} from './plain-decode.ts';
import {
  type EncodeBlock,
  encodeQ4_0,
  encodeQ4_1,
  encodeQ5_0,
  encodeQ5_1,
  encodeQ8_0,
} from './plain-encode.ts';

export interface Codec {
  /** Bytes of whole blocks → one float32 per element. */
  readonly decode: (bytes: Uint8Array) => Float32Array;
  /** Elements of whole blocks → bytes. */
  readonly encode: (values: Float32Array) => Uint8Array;
}

const asBytes = (values: Float32Array | Uint16Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

function blocks(type: BlockType, decode: DecodeBlock, encode: EncodeBlock): Codec {
  const { blockSize, blockBytes } = blockFormat(type);
  return Object.freeze({
    decode(bytes) {
      const count = bytes.length / blockBytes;
      const out = new Float32Array(count * blockSize);
      for (let i = 0; i < count; i++) decode(bytes, i * blockBytes, out, i * blockSize);
      return out;
    },
    encode(values) {
      const count = values.length / blockSize;
      const out = new Uint8Array(count * blockBytes);
      for (let i = 0; i < count; i++) {
        encode(values.subarray(i * blockSize, (i + 1) * blockSize), out, i * blockBytes);
      }
      return out;
    },
  } satisfies Codec);
}

export const CODECS: Readonly<Record<BlockType, Codec>> = Object.freeze({
  F32: { decode: (bytes) => typedView(bytes, Float32Array), encode: (x) => asBytes(x.slice()) },
  F16: {
    decode: (bytes) => float16ToFloat32(typedView(bytes, Uint16Array)),
    encode: (x) => asBytes(float32ToFloat16(x)),
  },
  BF16: {
    decode: (bytes) => bfloat16ToFloat32(typedView(bytes, Uint16Array)),
    encode: (x) => asBytes(float32ToBfloat16(x)),
  },
  Q4_0: blocks('Q4_0', decodeQ4_0, encodeQ4_0),
  Q4_1: blocks('Q4_1', decodeQ4_1, encodeQ4_1),
  Q5_0: blocks('Q5_0', decodeQ5_0, encodeQ5_0),
  Q5_1: blocks('Q5_1', decodeQ5_1, encodeQ5_1),
  Q8_0: blocks('Q8_0', decodeQ8_0, encodeQ8_0),
  Q2_K: blocks('Q2_K', decodeQ2_K, encodeQ2_K),
  Q3_K: blocks('Q3_K', decodeQ3_K, encodeQ3_K),
  Q4_K: blocks('Q4_K', decodeQ4_K, encodeQ4_K),
  Q5_K: blocks('Q5_K', decodeQ5_K, encodeQ5_K),
  Q6_K: blocks('Q6_K', decodeQ6_K, encodeQ6_K),
});
