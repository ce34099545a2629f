// Where a worker waits for the others to come.

import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { DistributedError } from '../errors.ts';
import { receiveGreeting, type LineReader } from './handshake.ts';

/** A socket that has shaken hands. */
export interface Greeted {
  readonly socket: Socket;
  readonly lines: LineReader;
}

/** Where a worker is reached: a port and a host, or a path. */
export type Place = { readonly path: string } | { readonly host: string; readonly port: number };

/** A listening socket for as long as workers are coming. */
export class Door {
  readonly #server: Server;
  readonly #path: string | undefined;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, path: string | undefined) {
    this.#server = server;
    this.#path = path;
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined); // whoever uses it hears of it, too
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  /** @param shown the address for an error, where the user chose it */
  static async open(place: Place, shown: string | undefined): Promise<Door> {
    const server = createServer();
    const path = 'path' in place ? place.path : undefined;
    const door = new Door(server, path);
    server.listen(place);
    await once(server, 'listening').catch((error: Error) => {
      throw new DistributedError(
        `joinGroup: address: expected to listen at ${shown ?? JSON.stringify(place)}, got: ${error.message}. ` +
          'Choose another port, or end what uses it.',
      );
    });
    return door;
  }

  /** What others connect to: a port or a path. */
  get listening(): number | string {
    const address = this.#server.address();
    return typeof address === 'string' || address === null ? String(address) : address.port;
  }

  /** Lets `count` workers in that know the token; others are refused and forgotten. */
  admit(
    token: string,
    count: number,
    guest: {
      accept: (hello: { rank: number; size: number }) => string | undefined;
      enter: (hello: { rank: number; listening: number | string }, greeted: Greeted) => void;
    },
  ): Promise<void> {
    let missing = count;
    if (missing === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const receive = async (socket: Socket) => {
        const { hello, lines } = await receiveGreeting(socket, token, guest.accept);
        this.#sockets.delete(socket);
        guest.enter(hello, { socket, lines });
        if (--missing === 0) resolve();
      };
      const take = (socket: Socket) => void receive(socket).catch(() => socket.end());
      for (const socket of this.#sockets) take(socket);
      this.#server.on('connection', take);
    });
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    if (this.#path !== undefined) rmSync(this.#path, { force: true });
  }
}
