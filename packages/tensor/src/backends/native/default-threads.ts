/** How many threads the engine uses when nobody says: one per physical core that this process may use. */
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

const CPU_FOLDER = '/sys/devices/system/cpu';

/** Hyper-threads share their core's vector units, so they add nothing to dense arithmetic. */
export function defaultThreads(): number {
  return Math.max(1, Math.min(availableParallelism(), physicalCores() ?? Infinity));
}

/** Linux: sibling lists are equal for threads of one core. Undefined where the system doesn't say. */
function physicalCores(): number | undefined {
  try {
    const names = readdirSync(CPU_FOLDER).filter((name) => /^cpu\d+$/.test(name));
    const siblings = names.map((name) =>
      readFileSync(`${CPU_FOLDER}/${name}/topology/thread_siblings_list`, 'utf8').trim(),
    );
    return new Set(siblings).size || undefined;
  } catch {
    return undefined;
  }
}
