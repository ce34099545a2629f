// What every stage of the demo gets and gives.
import type { Tokenizer } from '@llm/tokenizer';
import type { Output } from '../cli/output.ts';
import type { DemoData } from './demo-data.ts';
import type { DemoSettings } from './settings.ts';

export interface StageContext {
  readonly settings: DemoSettings;
  readonly data: DemoData;
  readonly tokenizer: Tokenizer;
  readonly output: Output;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** A folder in the run's folder. */
  folder(name: string): string;
}

/** One line of the closing table: what a stage gained on held-out data. */
export interface Gain {
  readonly stage: string;
  readonly measure: string;
  readonly before: number;
  readonly after: number;
  /** Whether a smaller number is better. @default false */
  readonly isLowerBetter?: boolean;
  readonly isShare?: boolean;
}

export function stepsFor(examples: number, batchSize: number, epochs: number): number {
  return Math.max(1, Math.ceil(examples / batchSize)) * epochs;
}
