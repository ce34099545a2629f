/** Which generators a function drew from and where they stood, so that it can be run again to the same bits. */
import type { Generator, GeneratorState } from './generator.ts';

const watching: DrawRecord[] = [];

/** Called by a generator before each draw. */
export function noteDraw(generator: Generator): void {
  for (const record of watching) record.note(generator);
}

export class DrawRecord {
  readonly #states = new Map<Generator, GeneratorState>();

  note(generator: Generator): void {
    if (!this.#states.has(generator)) this.#states.set(generator, generator.getState());
  }

  /** Runs `fn` and remembers where each generator stood at its first draw. */
  watch<T>(fn: () => T): T {
    watching.push(this);
    try {
      return fn();
    } finally {
      watching.pop();
    }
  }

  /** Runs `fn` with the generators where they stood then; afterwards they stand where they stand now. */
  replay<T>(fn: () => T): T {
    const now = [...this.#states.keys()].map(
      (generator) => [generator, generator.getState()] as const,
    );
    for (const [generator, state] of this.#states) generator.setState(state);
    try {
      return fn();
    } finally {
      for (const [generator, state] of now) generator.setState(state);
    }
  }
}
