// Two workers prove to each other that they know the run's token, without sending it: each answers the other's random
// challenge with an HMAC-SHA256 over both challenges and over what it says. Whoever does not is hung up on and changes
// nothing. This keeps strangers and other runs out; it does not encrypt what follows.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';
import { DistributedError } from '../errors.ts';

export const PROTOCOL = 'llm-distributed-1';
const LONGEST_LINE = 64 * 1024;

/** What the worker that connects says of itself. */
export interface Hello {
  readonly protocol: string;
  readonly rank: number;
  readonly size: number;
  /** Where others reach it: a port, or the path of a socket. */
  readonly listening: number | string;
}

/** Hex of 32 random bytes: a token for one run. */
export function makeToken(): string {
  return randomBytes(32).toString('hex');
}

/** The connecting side: proves the token, checks the other's proof. @throws DistributedError with the other's reason */
export async function greet(socket: Socket, token: string, hello: Hello): Promise<LineReader> {
  const lines = new LineReader(socket);
  const theirs = String((await lines.next())['challenge']);
  const challenge = randomBytes(32).toString('hex');
  const said = JSON.stringify(hello);
  const proof = proofOf(token, 'connect', theirs, challenge, said);
  writeLine(socket, { challenge, hello: said, proof });
  const answer = await lines.next();
  if (typeof answer['refused'] === 'string') throw new DistributedError(answer['refused']);
  if (!isProof(answer['proof'], proofOf(token, 'accept', challenge, theirs, ''))) {
    throw new DistributedError('handshake: expected a peer that knows the token, got another.');
  }
  return lines;
}

/** The listening side. `accept` looks at who it is and gives a reason to refuse it, or nothing. */
export async function receiveGreeting(
  socket: Socket,
  token: string,
  accept: (hello: Hello) => string | undefined,
): Promise<{ readonly hello: Hello; readonly lines: LineReader }> {
  const lines = new LineReader(socket);
  const challenge = randomBytes(32).toString('hex');
  writeLine(socket, { challenge });
  const answer = await lines.next();
  const [theirs, said] = [String(answer['challenge']), String(answer['hello'])];
  if (!isProof(answer['proof'], proofOf(token, 'connect', challenge, theirs, said))) {
    const refused = 'handshake: token: expected the token of this run, got another.';
    writeLine(socket, { refused });
    throw new DistributedError(refused);
  }
  const hello = JSON.parse(said) as Hello;
  const refused =
    hello.protocol === PROTOCOL
      ? accept(hello)
      : `handshake: protocol: expected ${PROTOCOL}, got ${hello.protocol}. Use the same version everywhere.`;
  if (refused !== undefined) {
    writeLine(socket, { refused });
    throw new DistributedError(refused);
  }
  writeLine(socket, { proof: proofOf(token, 'accept', theirs, challenge, '') });
  return { hello, lines };
}

export function writeLine(socket: Socket, value: object): void {
  socket.write(`${JSON.stringify(value)}\n`);
}

/** JSON lines, until `rest` takes what came after the last one. */
export class LineReader {
  #bytes: Buffer = Buffer.alloc(0);
  #wake: (() => void) | undefined;
  #error: Error | undefined;
  readonly #socket: Socket;
  readonly #onData = (chunk: Buffer) => {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    this.#wake?.();
  };
  readonly #onEnd = () => this.#fail('it hung up');
  readonly #onError = (error: Error) => this.#fail(error.message);

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', this.#onData);
    socket.on('close', this.#onEnd);
    socket.on('error', this.#onError);
  }

  async next(): Promise<Record<string, unknown>> {
    for (;;) {
      const end = this.#bytes.indexOf(10);
      if (end >= 0) return this.#line(end);
      if (this.#error) throw this.#error;
      if (this.#bytes.length > LONGEST_LINE) {
        throw new DistributedError('handshake: expected short lines of JSON, got something else.');
      }
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** Stops reading; the socket is paused, and what was read too much is returned. */
  rest(): Uint8Array {
    this.#socket.pause();
    this.#socket.off('data', this.#onData);
    this.#socket.off('close', this.#onEnd);
    this.#socket.off('error', this.#onError);
    return this.#bytes;
  }

  #line(end: number): Record<string, unknown> {
    const text = this.#bytes.subarray(0, end).toString('utf8');
    this.#bytes = this.#bytes.subarray(end + 1);
    try {
      return JSON.parse(text) as Record<string, unknown>;
    } catch {
      throw new DistributedError('handshake: expected lines of JSON, got something else.');
    }
  }

  #fail(why: string): void {
    this.#error ??= new DistributedError(`handshake: expected an answer, but ${why}.`);
    this.#wake?.();
  }
}

function proofOf(token: string, role: string, ...parts: readonly string[]): string {
  return createHmac('sha256', token)
    .update([role, ...parts].join('\n'))
    .digest('hex');
}

function isProof(given: unknown, expected: string): boolean {
  if (typeof given !== 'string' || given.length !== expected.length) return false;
  return timingSafeEqual(Buffer.from(given), Buffer.from(expected));
}
