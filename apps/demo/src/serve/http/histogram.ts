// Counts of durations by their length, as Prometheus's histograms hold them.

/** Upper ends of the buckets, in seconds. */
const BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

export class Histogram {
  readonly #counts = BUCKETS.map(() => 0);
  #count = 0;
  #sum = 0;

  observe(seconds: number): void {
    this.#count += 1;
    this.#sum += seconds;
    for (const [i, end] of BUCKETS.entries()) if (seconds <= end) this.#counts[i]! += 1;
  }

  /** Lines of the text format. */
  lines(name: string): string[] {
    return [
      ...BUCKETS.map((end, i) => `${name}_bucket{le="${end}"} ${this.#counts[i]}`),
      `${name}_bucket{le="+Inf"} ${this.#count}`,
      `${name}_sum ${this.#sum}`,
      `${name}_count ${this.#count}`,
    ];
  }
}
