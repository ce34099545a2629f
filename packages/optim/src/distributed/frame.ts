// How bytes between two workers are cut into messages: 12 bytes of header (kind, tag, length; little endian), then
// the payload. A tag numbers the collective operation that a message belongs to.

/** What a message is. */
export const FrameKind = Object.freeze({ data: 1, abort: 2, goodbye: 3 });

export interface Frame {
  readonly kind: number;
  readonly tag: number;
  readonly payload: Uint8Array;
}

const HEADER_BYTES = 12;
/** A peer has proved that it knows the token, but a broken one should not make us allocate everything (2 GiB). */
export const MAX_PAYLOAD_BYTES = 2 ** 31 - 1;

export function frameHeader(kind: number, tag: number, bytes: number): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES);
  const view = new DataView(header.buffer);
  view.setUint32(0, kind, true);
  view.setUint32(4, tag, true);
  view.setUint32(8, bytes, true);
  return header;
}

/** Collects chunks as they arrive into whole frames. */
export class FrameReader {
  readonly #header = new Uint8Array(HEADER_BYTES);
  #headerBytes = 0;
  #payload: Uint8Array | undefined;
  #payloadBytes = 0;

  /** Takes a chunk; calls `emit` for each frame that it completes. Throws RangeError for a header that cannot be. */
  push(chunk: Uint8Array, emit: (frame: Frame) => void): void {
    let at = 0;
    while (at < chunk.length || this.#isEmptyPayload()) {
      if (this.#payload === undefined) at += this.#readHeader(chunk.subarray(at));
      else at += this.#readPayload(this.#payload, chunk.subarray(at));
      if (this.#payload !== undefined && this.#payloadBytes === this.#payload.length) {
        emit(this.#finish(this.#payload));
      }
    }
  }

  #isEmptyPayload(): boolean {
    return this.#payload?.length === 0;
  }

  #readHeader(chunk: Uint8Array): number {
    const part = chunk.subarray(0, HEADER_BYTES - this.#headerBytes);
    this.#header.set(part, this.#headerBytes);
    this.#headerBytes += part.length;
    if (this.#headerBytes === HEADER_BYTES) {
      const bytes = new DataView(this.#header.buffer).getUint32(8, true);
      if (bytes > MAX_PAYLOAD_BYTES) throw new RangeError(`a message of ${bytes} bytes`);
      this.#payload = new Uint8Array(bytes);
      this.#payloadBytes = 0;
    }
    return part.length;
  }

  #readPayload(payload: Uint8Array, chunk: Uint8Array): number {
    const part = chunk.subarray(0, payload.length - this.#payloadBytes);
    payload.set(part, this.#payloadBytes);
    this.#payloadBytes += part.length;
    return part.length;
  }

  #finish(payload: Uint8Array): Frame {
    const view = new DataView(this.#header.buffer);
    this.#payload = undefined;
    this.#headerBytes = 0;
    return { kind: view.getUint32(0, true), tag: view.getUint32(4, true), payload };
  }
}
