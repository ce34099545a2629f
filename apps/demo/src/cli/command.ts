// What a command of `llm` is: a description that --help prints, options that the parser checks, and
// one function that runs. Nothing here knows about any single command.
import type { Output } from './output.ts';

/** One flag. `type` decides how its text is checked; a flag without a default may be absent. */
export interface OptionSpec {
  readonly type: 'string' | 'integer' | 'number' | 'boolean';
  readonly description: string;
  /** Word shown for the value in --help, such as DIR. */
  readonly placeholder?: string;
  readonly default?: string | number | boolean;
  readonly required?: boolean;
  readonly multiple?: boolean;
  /** Closed list of values; anything else is a usage error that names them. */
  readonly choices?: readonly string[];
  /** Smallest number allowed. */
  readonly minimum?: number;
  /** Largest number allowed. */
  readonly maximum?: number;
  /** The number must be larger than this. */
  readonly above?: number;
  /** One letter: `h` for -h. */
  readonly short?: string;
}

export type OptionTable = Readonly<Record<string, OptionSpec>>;

type ValueOf<S extends OptionSpec> = S['type'] extends 'string'
  ? string
  : S['type'] extends 'boolean'
    ? boolean
    : number;

type Present<S extends OptionSpec> = S extends { default: string | number | boolean }
  ? true
  : S extends { required: true }
    ? true
    : false;

type OptionValue<S extends OptionSpec> = S extends { multiple: true }
  ? readonly ValueOf<S>[]
  : S['type'] extends 'boolean'
    ? boolean
    : Present<S> extends true
      ? ValueOf<S>
      : ValueOf<S> | undefined;

export type OptionValues<T extends OptionTable> = { readonly [K in keyof T]: OptionValue<T[K]> };

/** Flags that every command has. */
export const COMMON_OPTIONS = {
  help: { type: 'boolean', description: 'show this help (also -h)', short: 'h' },
  json: {
    type: 'boolean',
    description: 'print one JSON document on stdout, everything else on stderr',
  },
  seed: { type: 'integer', description: 'seed of every random choice', default: 42, minimum: 0 },
  backend: {
    type: 'string',
    description: 'where to compute (default: LLM_BACKEND, else the best that works)',
    choices: ['tfjs-node-gpu', 'native', 'tfjs-node', 'wasm', 'cpu'],
  },
  threads: {
    type: 'integer',
    description: 'threads of the native backend (default: one a core)',
    minimum: 1,
    maximum: 256,
  },
} as const satisfies OptionTable;

export interface CommandContext<T extends OptionTable> {
  readonly values: OptionValues<T & typeof COMMON_OPTIONS>;
  readonly positionals: readonly string[];
  readonly output: Output;
  /** What others know a model as: of a path that `hub:org/name` was downloaded to `org/name`, else the path. */
  readonly nameOf: (path: string) => string;
  /** What the user types or pipes in. */
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  /** Aborts when the user presses Ctrl-C. */
  readonly signal: AbortSignal;
}

export interface Command<T extends OptionTable = OptionTable> {
  readonly name: string;
  readonly summary: string;
  /** Lines after "Usage:", each a whole command line. */
  readonly usage: readonly string[];
  readonly options: T;
  /** Most positional arguments allowed (0 when absent). */
  readonly maxPositionals?: number;
  run(context: CommandContext<T>): Promise<void>;
}

/** Keeps the literal types of the option table, which give `values` its types. */
export function defineCommand<const T extends OptionTable>(command: Command<T>): Command<T> {
  return command;
}

/** The user pressed Ctrl-C: exits 130, as shells expect. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
}

/** Wrong usage: exits 2 and points to --help. Every other error exits 1. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
