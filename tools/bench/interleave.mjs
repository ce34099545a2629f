// Measures contestants in turn, A B C A B C …, and compares them round by round: a ratio of two
// neighbours in time holds on a shared machine whose speed drifts; absolute times do not.
import { Contestant } from './contestant.mjs';

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** @returns {Promise<{label: string, seconds: number, ratio: number, peakMebibytes: number, bytes?: number}[]>} ratio = first contestant ÷ this one */
export async function measure(work, { rounds, ...settings }) {
  const contestants = [];
  try {
    for (const description of work.contestants) {
      const contestant = new Contestant(description, work.shape, settings);
      contestants.push(contestant);
      await contestant.ready(); // one after the other: warm-up wants the machine to itself too
    }
    const times = contestants.map(() => []);
    const memory = contestants.map(() => undefined);
    for (let round = 0; round < rounds; round++) {
      for (const [i, contestant] of contestants.entries()) {
        const { seconds, bytes } = await contestant.run();
        times[i].push(seconds);
        memory[i] = bytes;
      }
    }
    return contestants.map((contestant, i) => ({
      label: contestant.label,
      peakMebibytes: contestant.peakMebibytes(),
      seconds: median(times[i]),
      ratio: median(times[i].map((seconds, round) => times[0][round] / seconds)),
      bytes: memory[i],
    }));
  } finally {
    for (const contestant of contestants) contestant.close();
  }
}
