// `hub:org/name` in a flag that names a model: downloaded into the cache that Python's libraries share, and
// replaced by its path there. HF_ENDPOINT, HF_HOME, HF_HUB_CACHE, HF_TOKEN and HF_HUB_OFFLINE mean what they
// mean to them.
import { join } from 'node:path';
import type { HubOptions } from '@llm/transformer';
import type { Output } from './output.ts';
import type { Progress } from './progress.ts';

const PREFIX = 'hub:';
const FLAGS: readonly string[] = ['model', 'reward', 'draft'];

/** The values with local paths. The packages load only if there is something to download. */
export async function withLocalModels<V extends Readonly<Record<string, unknown>>>(
  values: V,
  output: Output,
  signal: AbortSignal,
): Promise<V> {
  const local: Record<string, unknown> = { ...values };
  for (const flag of FLAGS) {
    const name = values[flag];
    if (typeof name !== 'string' || !name.startsWith(PREFIX)) continue;
    local[flag] = await download(name, output, signal);
  }
  return local as V;
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
