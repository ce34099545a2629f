// `hub:org/name` in a flag that names a model: downloaded into the cache that Python's libraries share, and
// replaced by its path there. HF_ENDPOINT, HF_HOME, HF_HUB_CACHE, HF_TOKEN and HF_HUB_OFFLINE mean what they
// mean to them.
import { join } from 'node:path';
import type { HubOptions } from '@llm/transformer';
import type { Output } from './output.ts';
import type { Progress } from './progress.ts';

const PREFIX = 'hub:';
const FLAGS: readonly string[] = ['model', 'reward', 'draft', 'embedder'];

export interface LocalModels<V> {
  /** With local paths. */
  readonly values: V;
  /** The hub's name of a downloaded path, `org/name`; any other path as it is. */
  readonly nameOf: (path: string) => string;
}

/** The packages load only if there is something to download. */
export async function withLocalModels<V extends Readonly<Record<string, unknown>>>(
  values: V,
  output: Output,
  signal: AbortSignal,
): Promise<LocalModels<V>> {
  const local: Record<string, unknown> = { ...values };
  const names = new Map<string, string>();
  for (const flag of FLAGS) {
    const name = values[flag];
    if (typeof name !== 'string' || !name.startsWith(PREFIX)) continue;
    const path = await download(name, output, signal);
    local[flag] = path;
    names.set(path, await repositoryOf(name));
  }
  return { values: local as V, nameOf: (path) => names.get(path) ?? path };
}

/** `hub:org/name@revision` → `org/name`. */
async function repositoryOf(name: string): Promise<string> {
  const { parseHubName } = await import('@llm/transformer');
  return parseHubName(name).repo;
}

async function download(name: string, output: Output, signal: AbortSignal): Promise<string> {
  const { downloadModel } = await import('@llm/transformer');
  let current: { readonly file: string; readonly progress: Progress } | undefined;
  const path = await downloadModel(name, {
    ...hubEnvironment(process.env),
    signal,
    onProgress: ({ file, bytes, size }) => {
      if (current?.file !== file) {
        current?.progress.finish();
        current = { file, progress: output.progress(file, size) };
      }
      current.progress.update(bytes, [
        `${(bytes / 1e6).toFixed(1)} of ${(size / 1e6).toFixed(1)} MB`,
      ]);
    },
  });
  current?.progress.finish();
  return path;
}

/** Options from the variables of huggingface_hub; empty ones count as not set. */
export function hubEnvironment(env: Readonly<Record<string, string | undefined>>): HubOptions {
  const { HF_ENDPOINT: endpoint, HF_TOKEN: token, HF_HOME: home, HF_HUB_CACHE: cache } = env;
  const cacheFolder = cache || (home ? join(home, 'hub') : undefined);
  return {
    ...(endpoint && { endpoint }),
    ...(token && { token }),
    ...(cacheFolder && { cacheFolder }),
    offline: /^(1|on|yes|true)$/i.test(env['HF_HUB_OFFLINE'] ?? ''),
  };
}
