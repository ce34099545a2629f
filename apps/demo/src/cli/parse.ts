// Turns an argument list into checked option values.
import { parseArgs } from 'node:util';
import { COMMON_OPTIONS, UsageError } from './command.ts';
import type { Command, OptionSpec, OptionTable, OptionValues } from './command.ts';

export interface ParsedArguments<T extends OptionTable> {
  readonly values: OptionValues<T & typeof COMMON_OPTIONS>;
  readonly positionals: readonly string[];
}

type RawValue = string | boolean | readonly (string | boolean)[] | undefined;

function wrong(name: string, expected: string, got: unknown): UsageError {
  return new UsageError(`--${name}: expected ${expected}, got ${JSON.stringify(got)}.`);
}

function convertNumber(name: string, spec: OptionSpec, text: string): number {
  const value = Number(text);
  const expected = spec.type === 'integer' ? 'a whole number' : 'a number';
  if (text.trim() === '' || !Number.isFinite(value)) throw wrong(name, expected, text);
  if (spec.type === 'integer' && !Number.isSafeInteger(value)) throw wrong(name, expected, text);
  if (spec.minimum !== undefined && value < spec.minimum) {
    throw wrong(name, `${expected} of at least ${spec.minimum}`, text);
  }
  return value;
}

function convertOne(name: string, spec: OptionSpec, raw: string | boolean) {
  if (typeof raw === 'boolean') return raw;
  if (spec.type !== 'string') return convertNumber(name, spec, raw);
  if (spec.choices && !spec.choices.includes(raw)) {
    throw wrong(name, `one of ${spec.choices.join(', ')}`, raw);
  }
  return raw;
}

function convert(name: string, spec: OptionSpec, raw: RawValue) {
  if (spec.multiple) {
    const list = raw === undefined ? [] : Array.isArray(raw) ? raw : [raw];
    return list.map((item: string | boolean) => convertOne(name, spec, item));
  }
  if (raw === undefined) {
    if (spec.required) throw new UsageError(`--${name}: expected a value, got none.`);
    return spec.default ?? (spec.type === 'boolean' ? false : undefined);
  }
  return convertOne(name, spec, raw as string | boolean);
}

function readRaw(options: OptionTable, argv: readonly string[]) {
  const config = Object.fromEntries(
    Object.entries(options).map(([name, spec]) => [
      name,
      { type: spec.type === 'boolean' ? 'boolean' : 'string', multiple: spec.multiple ?? false },
    ]),
  ) as Record<string, { type: 'boolean' | 'string'; multiple: boolean }>;
  try {
    return parseArgs({ args: [...argv], options: config, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** @throws UsageError for an unknown flag, a missing or ill-typed value, or too many arguments */
export function parseCommand<T extends OptionTable>(
  command: Command<T>,
  argv: readonly string[],
): ParsedArguments<T> {
  const options: OptionTable = { ...COMMON_OPTIONS, ...command.options };
  const { values: raw, positionals } = readRaw(options, argv);
  const isHelp = raw['help'] === true;
  const values = Object.fromEntries(
    Object.entries(options).map(([name, spec]) => {
      const lenient = isHelp ? { ...spec, required: false } : spec;
      return [name, convert(name, lenient, raw[name] as RawValue)];
    }),
  ) as OptionValues<T & typeof COMMON_OPTIONS>;
  if (positionals.length > (command.maxPositionals ?? 0) && !isHelp) {
    throw new UsageError(
      `${command.name}: unexpected argument ${JSON.stringify(positionals[command.maxPositionals ?? 0])}.`,
    );
  }
  return { values, positionals };
}
