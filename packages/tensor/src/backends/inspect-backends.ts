/** Looks at every rung of the ladder and selects none. */
import { LADDER } from './ladder.ts';
import type { LadderRung } from './report.ts';

/** Probes all backends, best first. Changes nothing but what is loaded. */
export async function inspectBackends(): Promise<LadderRung[]> {
  const rungs: LadderRung[] = [];
  for (const rung of LADDER) {
    const { isAvailable, reason } = await rung.probe();
    const status = isAvailable ? 'available' : 'unavailable';
    rungs.push({ backend: rung.backend, status, reason });
  }
  return rungs;
}
