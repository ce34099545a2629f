// A server inside a test, its model's thread bundled from the sources.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { EngineThread } from '../engine/engine-thread.ts';
import type { EngineOptions } from '../engine/messages.ts';
import { bundle } from '../../test/bundle.ts';
import { LlmServer, type ServerOptions } from '../server.ts';

/** Node starts no TypeScript as a worker. The native engine is found through LLM_NATIVE_LIBRARY. */
export async function bundleEngine(folder: string): Promise<URL> {
  const outfile = join(folder, 'serve', 'worker.js');
  await bundle(fileURLToPath(new URL('../engine/worker.ts', import.meta.url)), outfile);
  return pathToFileURL(outfile);
}

export interface Started {
  readonly server: LlmServer;
  readonly origin: string;
  stop(): Promise<void>;
}

export interface StartOptions extends Partial<ServerOptions> {
  readonly model: string;
  /** Folders by name. */
  readonly adapters?: Readonly<Record<string, string>>;
  readonly engine?: Partial<EngineOptions>;
}

/** @param worker from bundleEngine */
export async function startServer(worker: URL, options: StartOptions): Promise<Started> {
  const { model, adapters = {}, engine: more, maxBatch = 8, ...rest } = options;
  const engine = new EngineThread(worker);
  const server = await LlmServer.start(engine, {
    ...{ host: '127.0.0.1', port: 0, isLocal: true, maxBatch, maxQueue: 16 },
    names: { model: 'tiny', adapters: Object.keys(adapters) },
    ...rest,
  });
  const list = Object.entries(adapters).map(([name, folder]) => ({ name, folder }));
  server.ready(await engine.load({ model, adapters: list, backend: 'cpu', maxBatch, ...more }));
  const stop = async (): Promise<void> => {
    await server.close(0);
    await engine.close();
  };
  return { server, origin: server.address, stop };
}

/** A folder that is gone after the tests. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'llm-serve-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
