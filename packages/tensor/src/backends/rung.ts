/** The contract of one rung: a way to find out whether a backend works here, and a way to start it. */
import type { BackendName, BackendOptions } from './report.ts';

export interface RungProbe {
  isAvailable: boolean;
  /** A sentence for a person. */
  reason: string;
}

export interface StartedBackend {
  /** The name under which tfjs knows it (tfjs-node calls itself `tensorflow`). */
  tfjsName: string;
  threads: number;
  instructionSet?: string;
}

export interface Rung {
  readonly backend: BackendName;
  /** Says whether it works here; selects nothing. */
  probe(): Promise<RungProbe>;
  /** Registers it with tfjs if need be; the caller then selects it. Throws when it does not work. */
  start(options: BackendOptions): Promise<StartedBackend>;
}

/** The message of anything thrown, on one line. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n')[0] ?? message;
}
