// Runs a program on @llm/tensor's `meta` backend, which has shapes and bytes but no data, and says what was held
// when most was held.
import { memoryStats, resetPeakMemory, tf, useBackend } from '@llm/tensor';
import { breakdown, type MemoryBreakdown } from '../breakdown.ts';

/** The parts at the moment when all together held the most; `totalBytes` is that peak. */
export interface MeasuredMemory extends MemoryBreakdown {
  /** What is still held at the end: weights, and optimizer state or cache. */
  readonly residentBytes: number;
}

/** What a program leaves behind. */
interface Finished {
  parameters: number;
  dispose(): void;
}

/** The backend that was active before is active again afterwards. */
export async function onMeta(program: () => Finished): Promise<MeasuredMemory> {
  const before = tf.getBackend();
  await useBackend('meta');
  try {
    resetPeakMemory();
    const finished = program();
    const measured = summary(finished.parameters);
    finished.dispose();
    return measured;
  } finally {
    if (before) await tf.setBackend(before);
  }
}

function summary(parameters: number): MeasuredMemory {
  const { categories = {}, liveBytes } = memoryStats();
  const atPeak = Object.entries(categories).map(([name, { bytesAtPeak }]) => [name, bytesAtPeak]);
  const held = Object.fromEntries(atPeak.filter(([, bytes]) => bytes !== 0));
  const parts = breakdown(held, { parameters, isEstimate: false });
  return { ...parts, residentBytes: liveBytes };
}
