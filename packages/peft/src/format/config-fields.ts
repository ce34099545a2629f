// The fields of an adapter_config.json, read one by one with errors that name the file and the field.

import { AdapterError } from '../errors.ts';
import type { TargetModules, TargetRules } from '../targets/match-targets.ts';

/** One file's fields; see the top of this file. Every reader throws AdapterError for a value of another kind. */
export class ConfigFields {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #where: string;

  /** @param where the file, for errors */
  constructor(values: Readonly<Record<string, unknown>>, where: string) {
    this.#values = values;
    this.#where = where;
  }

  keys(): string[] {
    return Object.keys(this.#values);
  }

  /** Undefined for a field that is absent or null. */
  value(key: string): unknown {
    return this.#values[key] ?? undefined;
  }

  number(key: string, fallback?: number): number {
    const value = this.value(key) ?? fallback;
    return typeof value === 'number' ? value : this.refuse(key, 'a number');
  }

  text(key: string, fallback?: string): string {
    const value = this.value(key) ?? fallback;
    return typeof value === 'string' ? value : this.refuse(key, 'a string');
  }

  flag(key: string, fallback = false): boolean {
    const value = this.value(key) ?? fallback;
    return typeof value === 'boolean' ? value : this.refuse(key, 'true or false');
  }

  /** A number or a list of numbers, as a list. */
  numbers(key: string): readonly number[] | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    const list = [value].flat();
    return list.every((item) => typeof item === 'number') ? list : this.refuse(key, 'numbers');
  }

  numbersByName(key: string): Readonly<Record<string, number>> {
    const value = this.value(key) ?? {};
    const isTable = typeof value === 'object' && !Array.isArray(value);
    if (isTable && Object.values(value).every((item) => typeof item === 'number')) {
      return value as Record<string, number>;
    }
    return this.refuse(key, 'a table of numbers');
  }

  /** A list of names, or a pattern for the whole path. */
  namesOrPattern(key: string): readonly string[] | RegExp | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    if (typeof value === 'string') return new RegExp(value);
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
    return this.refuse(key, 'a list of names or a pattern');
  }

  names(key: string): readonly string[] | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
    return this.refuse(key, 'a list of names');
  }

  /** One of the choices; the first when the field is absent. */
  choice<Choice extends string>(key: string, choices: readonly [Choice, ...Choice[]]): Choice {
    const value = this.value(key) ?? choices[0];
    return choices.find((choice) => choice === value) ?? this.refuse(key, choices.join(', '));
  }

  /** Which layers the adapter is for. */
  targetRules(): TargetRules {
    const excludeModules = this.namesOrPattern('exclude_modules');
    const layersToTransform = this.numbers('layers_to_transform');
    const pattern = this.value('layers_pattern');
    const layersPattern = typeof pattern === 'string' ? [pattern] : this.names('layers_pattern');
    return {
      targetModules: this.targets('target_modules'),
      ...(excludeModules && { excludeModules }),
      ...(layersToTransform && { layersToTransform }),
      ...(layersPattern && { layersPattern }),
    };
  }

  targets(key: string): TargetModules {
    if (this.value(key) === 'all-linear') return 'all-linear';
    return this.namesOrPattern(key) ?? this.refuse(key, 'a list of names or a pattern');
  }

  /** Refuses every field that is there with another value than this table's. An empty list counts as null. */
  refuseUnless(neutral: Readonly<Record<string, unknown>>): void {
    for (const [key, expected] of Object.entries(neutral)) {
      const value = this.value(key) ?? expected;
      const isEmpty = expected === null && Array.isArray(value) && value.length === 0;
      if (value !== expected && !isEmpty) this.refuse(key, JSON.stringify(expected));
    }
  }

  /** @throws AdapterError that the field has a value which cannot be used */
  refuse(key: string, expected: string): never {
    const got = JSON.stringify(this.#values[key]) ?? 'nothing';
    throw new AdapterError(
      `loadAdapter: ${this.#where}: ${key}: expected ${expected}, got ${got}. ` +
        'Adapters with this setting cannot be loaded.',
    );
  }
}

/** Names or a pattern as the file has them. */
export function pythonNames(names: TargetModules | undefined): unknown {
  return names instanceof RegExp ? names.source : (names ?? null);
}
