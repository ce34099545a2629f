/**
 * SentencePiece's `.model` files: a protocol buffer with the pieces, how the model was trained, and how text is
 * normalized. Field numbers are those of `sentencepiece_model.proto` (Kudo & Richardson 2018, google/sentencepiece).
 */
import { formatError } from '../io/json-fields.ts';
import { ProtoWriter, readFields } from './protobuf.ts';

export const PIECE_TYPES = ['', 'normal', 'unknown', 'control', 'user', 'unused', 'byte'] as const;
export type PieceType = 'normal' | 'unknown' | 'control' | 'user' | 'unused' | 'byte';

export interface SentencePiece {
  readonly piece: string;
  readonly score: number;
  readonly type: PieceType;
}

export interface SentencePieceModel {
  readonly modelType: 'unigram' | 'bpe' | 'word' | 'char';
  readonly pieces: readonly SentencePiece[];
  /** Ids of the roles; −1 or missing: none. */
  readonly bosId: number;
  readonly eosId: number;
  readonly padId: number;
  readonly byteFallback: boolean;
  /** Empty: text stays as it is. */
  readonly charsmap: Uint8Array;
  readonly addDummyPrefix: boolean;
  readonly removeExtraWhitespaces: boolean;
}

const MODEL_TYPES = ['', 'unigram', 'bpe', 'word', 'char'] as const;
/** Negative int32 values are written as 64-bit varints. */
const SIGN_LIMIT = 2 ** 31;

export function parseSentencePieceModel(bytes: Uint8Array, path: string): SentencePieceModel {
  const pieces: SentencePiece[] = [];
  let trainer: Fields = new Map();
  let normalizer: Fields = new Map();
  for (const { number, value } of readFields(bytes, path)) {
    if (typeof value === 'number') continue;
    if (number === 1) pieces.push(parsePiece(value, `${path}: piece ${pieces.length}`));
    else if (number === 2) trainer = fieldsOf(value, `${path}: trainer_spec`);
    else if (number === 3) normalizer = fieldsOf(value, `${path}: normalizer_spec`);
  }
  if (pieces.length === 0) throw formatError(path, 'a SentencePiece model with pieces', 'no piece');
  const modelType = MODEL_TYPES[numberOf(trainer, 3, 1)];
  if (modelType === undefined || modelType === '')
    throw formatError(`${path}: model_type`, '1 to 4', numberOf(trainer, 3, 1));
  const charsmap = normalizer.get(2);
  return {
    modelType,
    pieces,
    bosId: idOf(trainer, 41, 1),
    eosId: idOf(trainer, 42, 2),
    padId: idOf(trainer, 43, -1),
    byteFallback: numberOf(trainer, 35, 0) === 1,
    charsmap: charsmap instanceof Uint8Array ? charsmap : new Uint8Array(0),
    addDummyPrefix: numberOf(normalizer, 3, 1) === 1,
    removeExtraWhitespaces: numberOf(normalizer, 4, 1) === 1,
  };
}

type Fields = Map<number, number | Uint8Array>;

function fieldsOf(bytes: Uint8Array, path: string): Fields {
  return new Map([...readFields(bytes, path)].map(({ number, value }) => [number, value]));
}

function numberOf(fields: Fields, number: number, byDefault: number): number {
  const value = fields.get(number);
  return typeof value === 'number' ? value : byDefault;
}

function idOf(fields: Fields, number: number, byDefault: number): number {
  const value = numberOf(fields, number, byDefault);
  return value >= SIGN_LIMIT ? -1 : value;
}

function parsePiece(bytes: Uint8Array, path: string): SentencePiece {
  const fields = fieldsOf(bytes, path);
  const text = fields.get(1);
  const score = fields.get(2);
  const type = PIECE_TYPES[numberOf(fields, 3, 1)];
  if (!(text instanceof Uint8Array) || type === undefined || type === '')
    throw formatError(path, 'text and a type from 1 to 6', fields.get(3));
  return {
    piece: new TextDecoder('utf-8', { ignoreBOM: true }).decode(text),
    score: score instanceof Uint8Array ? floatOf(score) : 0,
    type,
  };
}

function floatOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getFloat32(0, true);
}

export function writeSentencePieceModel(model: SentencePieceModel): Uint8Array {
  const writer = new ProtoWriter();
  for (const { piece, score, type } of model.pieces) {
    const fields = new ProtoWriter().text(1, piece).float(2, score);
    writer.bytes(1, fields.number(3, PIECE_TYPES.indexOf(type)).finish());
  }
  const id = (value: number): number => (value < 0 ? 2 ** 32 - 1 : value);
  const trainer = new ProtoWriter()
    .number(3, MODEL_TYPES.indexOf(model.modelType))
    .number(4, model.pieces.length)
    .number(35, model.byteFallback ? 1 : 0)
    .number(
      40,
      model.pieces.findIndex(({ type }) => type === 'unknown'),
    )
    .number(41, id(model.bosId))
    .number(42, id(model.eosId))
    .number(43, id(model.padId));
  const unknown = model.pieces.find(({ type }) => type === 'unknown');
  if (unknown !== undefined) trainer.text(45, unknown.piece);
  writer.bytes(2, trainer.finish());
  const normalizer = new ProtoWriter()
    .text(1, model.charsmap.length === 0 ? 'identity' : 'user_defined')
    .bytes(2, model.charsmap)
    .number(3, model.addDummyPrefix ? 1 : 0)
    .number(4, model.removeExtraWhitespaces ? 1 : 0)
    .number(5, 1);
  return writer.bytes(3, normalizer.finish()).finish();
}
