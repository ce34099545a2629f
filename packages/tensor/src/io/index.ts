/** @llm/tensor/io: model files. Node only. */
export { BLOCK_TYPES, type BlockType } from './blocks/block-type.ts';
export { dequantize, quantize } from './blocks/quantize.ts';
export { bytesSource, type ByteSource, fileSource } from './byte-source.ts';
export {
  type GgufMetadataValue,
  type GgufNumber,
  ggufNumber,
  type GgufNumberType,
} from './gguf-metadata-bytes.ts';
export {
  type GgufContents,
  type GgufTensor,
  type GgufTensorData,
  writeGguf,
} from './gguf-write.ts';
export type { GgufTensorInfo, GgufValue } from './gguf-header.ts';
export { type GgufFile, openGguf } from './gguf-read.ts';
export type { SafetensorsDtype, SafetensorsInfo } from './safetensors-header.ts';
export { openSafetensors, type SafetensorsFile } from './safetensors-read.ts';
export type { DtypeChoice, LazyTensor, TensorEntry, WritableDtype } from './safetensors-encode.ts';
export { type ShardOptions, writeSafetensorsShards } from './safetensors-shards.ts';
export { type SafetensorsOptions, writeSafetensors } from './safetensors-write.ts';
export { type FileData, writeFileAtomic } from './write-file-atomic.ts';
export type { OpenOptions } from './tensor-source.ts';
