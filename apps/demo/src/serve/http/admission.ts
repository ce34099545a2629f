// How many texts are in the model's hands, and how many more may wait.
import { ApiError } from './api-error.ts';

export interface AdmissionLimits {
  /** Texts written at once. */
  readonly maxBatch: number;
  /** Texts that may wait beyond those. */
  readonly maxQueue: number;
}

export class Admission {
  readonly #most: number;
  #texts = 0;
  #isClosed = false;
  #onEmpty: () => void = () => {};

  constructor({ maxBatch, maxQueue }: AdmissionLimits) {
    this.#most = maxBatch + maxQueue;
  }

  get texts(): number {
    return this.#texts;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Runs `fn` with places for so many texts. @throws ApiError 429 when there are not so many, 503 once closed */
  async run<T>(texts: number, fn: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new ApiError(503, 'This server is shutting down.');
    if (this.#texts + texts > this.#most) {
      throw new ApiError(
        429,
        `The queue is full: ${this.#texts} of ${this.#most} places are taken and ${texts} more were asked for. Try again later.`,
        { code: 'rate_limit_exceeded' },
      );
    }
    this.#texts += texts;
    try {
      return await fn();
    } finally {
      this.#texts -= texts;
      if (this.#texts === 0) this.#onEmpty();
    }
  }

  /** Nothing new is let in. Resolves when all that runs has ended. */
  close(): Promise<void> {
    this.#isClosed = true;
    if (this.#texts === 0) return Promise.resolve();
    return new Promise((resolve) => (this.#onEmpty = resolve));
  }
}
