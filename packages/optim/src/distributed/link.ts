// One worker's end of the connection to one other: messages in order, both ways.

import type { Socket } from 'node:net';
import { DistributedError } from '../errors.ts';
import { FrameKind, frameHeader, FrameReader, MAX_PAYLOAD_BYTES, type Frame } from './frame.ts';

/** Messages that wait for their reader before the socket is paused. */
const MOST_WAITING_BYTES = 64 * 1024 * 1024;

interface Waiting {
  readonly resolve: (frame: Frame) => void;
  readonly reject: (error: Error) => void;
}

export interface LinkOptions {
  readonly socket: Socket;
  /** The other end. */
  readonly peerRank: number;
  /** Bytes that were read after the handshake. */
  readonly early?: Uint8Array;
  /** Called once, when the connection is lost or the peer says that it failed; not after a goodbye. */
  readonly onFailure: (error: DistributedError) => void;
}

export class Link {
  readonly peerRank: number;
  readonly #socket: Socket;
  readonly #reader = new FrameReader();
  readonly #arrived: Frame[] = [];
  readonly #onFailure: (error: DistributedError) => void;
  #waitingBytes = 0;
  #waiting: Waiting | undefined;
  #end: DistributedError | undefined;
  #isClosing = false;

  constructor({ socket, peerRank, early, onFailure }: LinkOptions) {
    this.peerRank = peerRank;
    this.#socket = socket;
    this.#onFailure = onFailure;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 10_000);
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', (error) => this.#lost(error.message));
    socket.on('close', () => this.#lost('its connection was closed'));
    if (early && early.length > 0) this.#take(early);
    socket.resume(); // the handshake has paused it
  }

  /** Sends one message; resolves when the socket has room for more. */
  async send(tag: number, payload: Uint8Array): Promise<void> {
    if (this.#end) throw this.#end;
    if (payload.length > MAX_PAYLOAD_BYTES) {
      throw new DistributedError(
        `send: payload: expected at most ${MAX_PAYLOAD_BYTES} bytes, got ${payload.length}. Send it in parts.`,
      );
    }
    this.#socket.write(frameHeader(FrameKind.data, tag, payload.length));
    if (payload.length > 0 && !this.#socket.write(payload)) await this.#drained();
  }

  /** The next message; only one receive at a time. */
  receive(): Promise<Frame> {
    const frame = this.#arrived.shift();
    if (frame) {
      this.#waitingBytes -= frame.payload.length;
      if (this.#waitingBytes < MOST_WAITING_BYTES) this.#socket.resume();
      return Promise.resolve(frame);
    }
    if (this.#end) return Promise.reject(this.#end);
    return new Promise((resolve, reject) => (this.#waiting = { resolve, reject }));
  }

  /** Tells the peer why this worker gives up, and hangs up. */
  abort(reason: string): void {
    const text = new TextEncoder().encode(reason);
    if (!this.#end && this.#socket.writable) {
      this.#socket.write(frameHeader(FrameKind.abort, 0, text.length));
      this.#socket.end(text);
    }
    this.#finish(new DistributedError(reason));
    this.#socket.unref();
  }

  /** Says goodbye and hangs up: the peer may go on without this worker's messages. */
  close(): Promise<void> {
    this.#isClosing = true;
    if (this.#socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#socket.once('close', () => resolve());
      this.#socket.resume();
      if (this.#socket.writable) this.#socket.end(frameHeader(FrameKind.goodbye, 0, 0));
      // A peer that never hangs up must not keep this process.
      setTimeout(() => this.#socket.destroy(), 2000).unref();
    });
  }

  #drained(): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = () => {
        this.#socket.off('drain', settle);
        this.#socket.off('close', settle);
        if (this.#end) reject(this.#end);
        else resolve();
      };
      this.#socket.once('drain', settle);
      this.#socket.once('close', settle);
    });
  }

  #take(chunk: Uint8Array): void {
    try {
      this.#reader.push(chunk, (frame) => this.#arrive(frame));
    } catch (error) {
      this.#lost(`it sent ${(error as Error).message}`);
      this.#socket.destroy();
    }
  }

  #arrive(frame: Frame): void {
    if (frame.kind === FrameKind.abort) {
      const reason = new TextDecoder().decode(frame.payload);
      return this.#fail(new DistributedError(reason));
    }
    if (frame.kind === FrameKind.goodbye) {
      this.#isClosing = true;
      this.#finish(new DistributedError(`rank ${this.peerRank} has finished and left the group.`));
      if (this.#socket.writable) this.#socket.end();
      return;
    }
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) return waiting.resolve(frame);
    this.#arrived.push(frame);
    this.#waitingBytes += frame.payload.length;
    if (this.#waitingBytes >= MOST_WAITING_BYTES) this.#socket.pause();
  }

  #lost(why: string): void {
    if (this.#end || this.#isClosing) return;
    this.#fail(
      new DistributedError(
        `rank ${this.peerRank}: expected it to stay until the end, but ${why}. Look at its own output.`,
      ),
    );
  }

  #fail(error: DistributedError): void {
    if (this.#end) return;
    this.#finish(error);
    this.#onFailure(error);
  }

  #finish(error: DistributedError): void {
    this.#end ??= error;
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }
}
