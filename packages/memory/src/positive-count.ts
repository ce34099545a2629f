import { ConfigError } from './errors.ts';

/** Throws ConfigError unless each named value is a positive integer. */
export function checkCount(operation: string, values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (Number.isSafeInteger(value) && value > 0) continue;
    throw new ConfigError(`${operation}: ${name}: expected a positive integer, got ${value}.`);
  }
}
