// Reads losses as they are written on the command line: TRL's names, each with a weight if it has one.
import { UsageError } from '../command.ts';
import { didYouMean } from '../nearest-name.ts';

/** `sigmoid`, or `sigmoid=0.8` and `sft=1` → the weights by the library's (camelCase) names.
 *  @param known names of the library @throws UsageError */
export function readLossMix<Name extends string>(
  given: readonly string[],
  known: readonly Name[],
): Partial<Record<Name, number>> {
  const mix: Partial<Record<Name, number>> = {};
  for (const text of given) {
    const [name = '', weight = '1', ...rest] = text.split('=');
    const found = known.find((one) => snake(one) === name);
    if (found === undefined) {
      const names = known.map(snake);
      throw new UsageError(
        `--loss: expected one of ${names.join(', ')}, got ${JSON.stringify(name)}.${didYouMean(name, names)}`,
      );
    }
    if (rest.length > 0 || weight.trim() === '' || !Number.isFinite(Number(weight))) {
      throw new UsageError(`--loss: expected NAME or NAME=NUMBER, got ${JSON.stringify(text)}.`);
    }
    mix[found] = Number(weight);
  }
  return mix;
}

/** sigmoidNorm → sigmoid_norm, as TRL writes it. */
export function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
