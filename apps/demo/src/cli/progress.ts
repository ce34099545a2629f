// One progress bar: share done, a few figures, time left. On a terminal it redraws one line; in a
// log it prints a plain line at most every ten seconds.
const BAR_WIDTH = 20;
const REDRAW_MILLISECONDS = 100;
const LOG_MILLISECONDS = 10_000;

type Stream = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/** 75 → "1m15s", 9 → "9s" */
export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?';
  const whole = Math.max(0, Math.round(seconds));
  return whole < 60
    ? `${whole}s`
    : `${Math.floor(whole / 60)}m${String(whole % 60).padStart(2, '0')}s`;
}

export class Progress {
  readonly #stream: Stream;
  readonly #label: string;
  readonly #total: number;
  readonly #now: () => number;
  readonly #started: number;
  #lastDrawn: number;
  #isDone = false;
  #before = 0;

  constructor(stream: Stream, label: string, total: number, now: () => number = Date.now) {
    this.#stream = stream;
    this.#label = label;
    this.#total = total;
    this.#now = now;
    this.#started = now();
    this.#lastDrawn = this.#stream.isTTY ? 0 : this.#started;
  }

  get seconds(): number {
    return (this.#now() - this.#started) / 1000;
  }

  /** How much was done before this run began, which a resumed run must not take for its own speed. */
  startAt(done: number): void {
    this.#before = done;
  }

  /** @param figures such as `loss 3.21`, in the order to be shown */
  update(done: number, figures: readonly string[] = []): void {
    const now = this.#now();
    const interval = this.#stream.isTTY ? REDRAW_MILLISECONDS : LOG_MILLISECONDS;
    if (now - this.#lastDrawn < interval) return;
    this.#lastDrawn = now;
    this.#draw(done, figures);
  }

  /** Draws the final state and ends the line; later calls do nothing. */
  finish(figures: readonly string[] = []): void {
    if (this.#isDone) return;
    this.#isDone = true;
    const line = [this.#label, ...figures, formatSeconds(this.seconds)].join('  ');
    if (this.#stream.isTTY) this.#stream.write(`\r\u001B[K${line}\n`);
    else this.#stream.write(`${line}\n`);
  }

  #draw(done: number, figures: readonly string[]): void {
    const share = this.#total > 0 ? Math.min(1, done / this.#total) : 1;
    const own = done - this.#before;
    const left = own > 0 ? (this.seconds / own) * (this.#total - done) : Number.NaN;
    const percent = `${String(Math.floor(share * 100)).padStart(3)}%`;
    const parts = [...figures, `${formatSeconds(left)} left`];
    if (!this.#stream.isTTY) {
      this.#stream.write(`${[this.#label, percent, ...parts].join('  ')}\n`);
      return;
    }
    const filled = Math.round(share * BAR_WIDTH);
    const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
    const line = [this.#label, bar, percent, ...parts].join('  ');
    this.#stream.write(`\r\u001B[K${line.slice(0, (this.#stream.columns ?? 80) - 1)}`);
  }
}
