// What every example is told: how long to train, from which seed, and where to write.
import { parseArgs } from 'node:util';
import type { MatmulPrecision } from '@llm/tensor';

export interface ExampleSettings {
  /** Updates; each example has its own default. */
  readonly steps: number | undefined;
  /** Ends training after so many seconds, if the updates are not made before. */
  readonly seconds: number | undefined;
  readonly seed: number;
  /** A part of the data and a small model: seconds instead of minutes. For tests and first looks. */
  readonly isSmall: boolean;
  /** Where a trained model is written, or read by a later example. */
  readonly folder: string;
  /** Prints one line. */
  readonly print: (line: string) => void;
}

const HELP = `Options:
  --steps N      updates of the training
  --seconds N    end the training after N seconds
  --seed N       same seed, same run (default 1; with --seconds the machine's speed decides too)
  --small        a part of the data and a small model, for a first look
  --folder DIR   where the encoder is kept (default runs/examples)
  --json         one JSON document at the end
  --precision P  float32 or bfloat16, of matrix products (default float32)
  --backend B    native, wasm or cpu
  --threads N    of the native backend`;

export interface CommandLine {
  readonly name: string | undefined;
  readonly settings: ExampleSettings;
  readonly isJson: boolean;
  readonly backend: { readonly name: string | undefined; readonly threads: number | undefined };
  readonly precision: MatmulPrecision;
}

/** @throws Error that says which option is wrong */
export function readCommandLine(args: readonly string[]): CommandLine {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ...{ steps: text, seconds: text, seed: text, folder: text, backend: text, threads: text },
      precision: text,
      ...{ small: flag, json: flag, help: flag },
    },
  });
  const [name] = positionals;
  const number = (key: 'steps' | 'seconds' | 'seed' | 'threads', least: number) =>
    values[key] === undefined ? undefined : wholeNumber(`--${key}`, values[key], least);
  return {
    name: values.help ? undefined : name,
    isJson: values.json,
    backend: { name: values.backend, threads: number('threads', 1) },
    precision: precisionOf(values.precision),
    settings: {
      steps: number('steps', 1),
      seconds: number('seconds', 1),
      seed: number('seed', 0) ?? 1,
      isSmall: values.small,
      folder: values.folder ?? 'runs/examples',
      print: (line) => void process.stderr.write(`${line}\n`),
    },
  };

  function wholeNumber(option: string, value: string, least: number): number {
    const read = Number(value);
    if (Number.isSafeInteger(read) && read >= least) return read;
    throw new Error(`${option}: expected a whole number from ${least}, got ${value}.`);
  }
}

function precisionOf(value = 'float32'): MatmulPrecision {
  if (value === 'float32' || value === 'bfloat16') return value;
  throw new Error(`--precision: expected float32 or bfloat16, got ${value}.`);
}

export const helpText = (names: readonly string[]): string =>
  `npm run example -- NAME [options]\nNames: ${names.join(', ')}\n\n${HELP}`;
