// Turns an argument list into checked option values.
import { parseArgs } from 'node:util';
import { COMMON_OPTIONS, UsageError } from './command.ts';
import { didYouMean } from './nearest-name.ts';
import type { Command, OptionSpec, OptionTable, OptionValues } from './command.ts';

export interface ParsedArguments<T extends OptionTable> {
  readonly values: OptionValues<T & typeof COMMON_OPTIONS>;
  readonly positionals: readonly string[];
}

/** What a flag was given, in order; the last one counts unless it may be repeated. */
type RawValues = readonly (string | boolean)[] | undefined;

function wrong(name: string, expected: string, got: unknown): UsageError {
  return new UsageError(`--${name}: expected ${expected}, got ${JSON.stringify(got)}.`);
}

function missing(name: string): UsageError {
  return new UsageError(`--${name}: expected a value, got none.`);
}

function checkRange(name: string, { minimum, maximum, above }: OptionSpec, value: number): void {
  const limits = [
    above === undefined ? '' : `above ${above}`,
    minimum === undefined ? '' : `of at least ${minimum}`,
    maximum === undefined ? '' : `of at most ${maximum}`,
  ].filter((limit) => limit !== '');
  const isOutside =
    value < (minimum ?? -Infinity) ||
    value > (maximum ?? Infinity) ||
    value <= (above ?? -Infinity);
  if (isOutside) throw wrong(name, `a number ${limits.join(' and ')}`, value);
}

function convertNumber(name: string, spec: OptionSpec, text: string): number {
  const value = Number(text);
  const expected = spec.type === 'integer' ? 'a whole number' : 'a number';
  if (text.trim() === '' || !Number.isFinite(value)) throw wrong(name, expected, text);
  if (spec.type === 'integer' && !Number.isSafeInteger(value)) throw wrong(name, expected, text);
  checkRange(name, spec, value);
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

function convert(name: string, spec: OptionSpec, raw: RawValues) {
  if (spec.multiple) {
    if (spec.required && raw === undefined) throw missing(name);
    return (raw ?? []).map((item) => convertOne(name, spec, item));
  }
  const last = raw?.at(-1);
  if (last !== undefined) return convertOne(name, spec, last);
  if (spec.required) throw missing(name);
  return spec.default ?? (spec.type === 'boolean' ? false : undefined);
}

type OptionToken = Extract<
  NonNullable<ReturnType<typeof parseArgs>['tokens']>[number],
  { kind: 'option' }
>;

/** The text of one flag as it was given, or true for one that takes none. */
function rawValue({ name, rawName, value, inlineValue }: OptionToken, options: OptionTable) {
  const spec = options[name];
  if (spec === undefined || rawName === `-${name}`) {
    const names = Object.keys(options);
    throw new UsageError(`${rawName}: not an option.${didYouMean(name, names, '--')}`);
  }
  if (spec.type === 'boolean') {
    if (value === undefined) return true;
    throw new UsageError(`--${name}: expected no value, got ${JSON.stringify(value)}.`);
  }
  if (value === undefined) throw new UsageError(`--${name}: expected a value, got none.`);
  if (!inlineValue && value.startsWith('--')) {
    throw new UsageError(
      `--${name}: expected a value, got the option ${value}. Write --${name}=${value} if that is the value.`,
    );
  }
  return value;
}

function readRaw(options: OptionTable, argv: readonly string[]) {
  const config = Object.fromEntries(
    Object.entries(options).map(([name, { type, short }]) => [
      name,
      { type: type === 'boolean' ? 'boolean' : 'string', ...(short && { short }) } as const,
    ]),
  );
  const { tokens } = parseArgs({
    args: [...argv],
    options: config,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const values: Record<string, (string | boolean)[]> = {};
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind === 'option') (values[token.name] ??= []).push(rawValue(token, options));
  }
  return { values, positionals };
}

/** @throws UsageError for an unknown flag, a missing or ill-typed value, or too many arguments */
export function parseCommand<T extends OptionTable>(
  command: Command<T>,
  argv: readonly string[],
): ParsedArguments<T> {
  const options: OptionTable = { ...COMMON_OPTIONS, ...command.options };
  const { values: raw, positionals } = readRaw(options, argv);
  const isHelp = raw['help'] !== undefined;
  const values = Object.fromEntries(
    Object.entries(options).map(([name, spec]) => {
      const lenient = isHelp ? { ...spec, required: false } : spec;
      return [name, convert(name, lenient, raw[name])];
    }),
  ) as OptionValues<T & typeof COMMON_OPTIONS>;
  if (positionals.length > (command.maxPositionals ?? 0) && !isHelp) {
    const extra = JSON.stringify(positionals[command.maxPositionals ?? 0]);
    throw new UsageError(`unexpected argument ${extra}.`);
  }
  return { values, positionals };
}
