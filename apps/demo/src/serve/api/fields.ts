// Fields of a request's JSON, checked. null counts as absent, as in OpenAI's API; so do fields nobody asks for.
import { wrongField } from '../http/api-error.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

interface Range {
  readonly minimum?: number;
  readonly maximum?: number;
  readonly isInteger?: boolean;
}

export class Fields {
  readonly #json: JsonObject;
  readonly #path: string;

  /** @param path where the object is in the request, with a dot behind it */
  constructor(json: JsonObject, path = '') {
    this.#json = json;
    this.#path = path;
  }

  param(name: string): string {
    return this.#path + name;
  }

  get(name: string): unknown {
    const value = Object.hasOwn(this.#json, name) ? this.#json[name] : undefined;
    return value ?? undefined;
  }

  wrong(name: string, expected: string): Error {
    return wrongField(this.param(name), expected, this.get(name));
  }

  string(name: string): string | undefined {
    const value = this.get(name);
    if (value === undefined || typeof value === 'string') return value;
    throw this.wrong(name, 'a string');
  }

  boolean(name: string): boolean | undefined {
    const value = this.get(name);
    if (value === undefined || typeof value === 'boolean') return value;
    throw this.wrong(name, 'a boolean');
  }

  number(name: string, range: Range = {}): number | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    const { minimum = -Infinity, maximum = Infinity, isInteger = false } = range;
    const isRight =
      typeof value === 'number' &&
      value >= minimum &&
      value <= maximum &&
      (!isInteger || Number.isSafeInteger(value));
    if (isRight) return value;
    throw this.wrong(name, describe(range));
  }

  integer(name: string, range: Omit<Range, 'isInteger'> = {}): number | undefined {
    return this.number(name, { ...range, isInteger: true });
  }

  object(name: string): Fields | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    if (isObject(value)) return new Fields(value, `${this.param(name)}.`);
    throw this.wrong(name, 'an object');
  }

  json(name: string): JsonObject | undefined {
    this.object(name);
    return this.get(name) as JsonObject | undefined;
  }

  list(name: string): readonly unknown[] | undefined {
    const value = this.get(name);
    if (value === undefined || Array.isArray(value)) return value;
    throw this.wrong(name, 'an array');
  }

  /** A list whose items are objects. */
  objects(name: string): readonly Fields[] | undefined {
    return this.list(name)?.map((item, i) => {
      const path = `${this.param(name)}[${i}]`;
      if (isObject(item)) return new Fields(item, `${path}.`);
      throw wrongField(path, 'an object', item);
    });
  }
}

function describe({ minimum, maximum, isInteger = false }: Range): string {
  const kind = isInteger ? 'an integer' : 'a number';
  if (minimum !== undefined && maximum !== undefined)
    return `${kind} from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return `${kind} of at least ${minimum}`;
  return maximum === undefined ? kind : `${kind} of at most ${maximum}`;
}
