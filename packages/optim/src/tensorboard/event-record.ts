// The few protobuf messages of a TensorBoard event file, encoded by hand (tensorflow/core/util/event.proto and
// framework/summary.proto), and the TFRecord frame around each: length, its CRC, the bytes, their CRC.

import { maskedCrc32c } from './crc32c.ts';

/** Wire types of protobuf: a field's tag is (number << 3) | wire type. */
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** SessionLog.SessionStatus.START: what TensorBoard reads as "forget events from this step on". */
const SESSION_START = 1;

export interface EventHeader {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step: number;
}

/** The first record of every event file. */
export function fileVersionRecord(wallTime: number): Uint8Array {
  return frame([...double(1, wallTime), ...bytes(3, text('brain.Event:2'))]);
}

/** Tells TensorBoard that a run starts (again) at `step`. */
export function sessionStartRecord(header: EventHeader): Uint8Array {
  return frame([...head(header), ...bytes(7, varint(1, SESSION_START))]);
}

/** One number for each tag, at one step. */
export function scalarsRecord(
  header: EventHeader,
  scalars: Readonly<Record<string, number>>,
): Uint8Array {
  const values = Object.entries(scalars).flatMap(([tag, value]) =>
    bytes(1, [...bytes(1, text(tag)), ...float(2, value)]),
  );
  return frame([...head(header), ...bytes(5, values)]);
}

function head({ wallTime, step }: EventHeader): number[] {
  return [...double(1, wallTime), ...varint(2, step)];
}

/** TFRecord: uint64 length, masked CRC of the length, data, masked CRC of the data; little endian. */
function frame(data: readonly number[]): Uint8Array {
  const record = new Uint8Array(8 + 4 + data.length + 4);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc32c(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc32c(record.subarray(12, 12 + data.length)), true);
  return record;
}

function tag(field: number, wireType: number): number[] {
  return encodeVarint(field * 8 + wireType);
}

function varint(field: number, value: number): number[] {
  return [...tag(field, VARINT), ...encodeVarint(value)];
}

function bytes(field: number, content: readonly number[]): number[] {
  return [...tag(field, BYTES), ...encodeVarint(content.length), ...content];
}

function double(field: number, value: number): number[] {
  const buffer = new Uint8Array(8);
  new DataView(buffer.buffer).setFloat64(0, value, true);
  return [...tag(field, FIXED64), ...buffer];
}

function float(field: number, value: number): number[] {
  const buffer = new Uint8Array(4);
  new DataView(buffer.buffer).setFloat32(0, value, true);
  return [...tag(field, FIXED32), ...buffer];
}

function text(value: string): number[] {
  return [...new TextEncoder().encode(value)];
}

/** Seven bits a byte, lowest first, the high bit says that more follow. value: whole, 0 to 2^53. */
function encodeVarint(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  while (rest >= 128) {
    out.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  return [...out, rest];
}
