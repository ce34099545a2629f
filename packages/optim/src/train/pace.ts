// Speed and time left, from the time that recent updates took.

/** How fast the estimate follows a change: about the last ten updates count. */
const SMOOTHING = 0.1;

export class Pace {
  #secondsPerStep: number | undefined;
  #last: number;

  constructor(private readonly now: () => number) {
    this.#last = now();
  }

  /** Call after each update; returns the seconds since the last call, which include data loading. */
  lap(): number {
    const time = this.now();
    const seconds = time - this.#last;
    this.#last = time;
    const previous = this.#secondsPerStep;
    this.#secondsPerStep =
      previous === undefined ? seconds : previous + SMOOTHING * (seconds - previous);
    return seconds;
  }

  /** Leaves the time since the last lap out of the next one: a checkpoint is no update. */
  skip(): void {
    this.#last = this.now();
  }

  secondsLeft(stepsLeft: number): number {
    return stepsLeft * (this.#secondsPerStep ?? 0);
  }
}
