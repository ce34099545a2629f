/** Tokens by id and ids by token. Ids need not be dense: a hole has no token. */
import { TokenizerFormatError } from './errors.ts';
import { asId, asObject } from './io/json-fields.ts';

/** Largest id we accept; the largest published vocabularies are below 300,000. A hostile id must not size an array. */
export const MAX_TOKEN_ID = 4_194_303;

export class Vocabulary {
  /** `tokens[id]`; undefined in a hole. */
  readonly tokens: readonly (string | undefined)[];
  readonly ids: ReadonlyMap<string, number>;

  private constructor(tokens: readonly (string | undefined)[], ids: ReadonlyMap<string, number>) {
    this.tokens = tokens;
    this.ids = ids;
  }

  /** Token i gets id i. */
  static fromTokens(tokens: readonly string[]): Vocabulary {
    return new Vocabulary([...tokens], new Map(tokens.map((token, id) => [token, id])));
  }

  /** Token i gets id i; holes stay holes. */
  static fromSparseTokens(tokens: readonly (string | undefined)[]): Vocabulary {
    const ids = new Map<string, number>();
    tokens.forEach((token, id) => token !== undefined && ids.set(token, id));
    return new Vocabulary([...tokens], ids);
  }

  /** @param json An object from token to id. */
  static fromJSON(json: unknown, path: string): Vocabulary {
    const object = asObject(json, path);
    const names = Object.keys(object);
    const tokens = new Array<string | undefined>(names.length).fill(undefined);
    const ids = new Map<string, number>();
    for (const token of names) {
      const id = object[token];
      if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id > MAX_TOKEN_ID) {
        throw idError(token, id, path);
      }
      while (tokens.length <= id) tokens.push(undefined);
      tokens[id] = token;
      ids.set(token, id);
    }
    return new Vocabulary(tokens.slice(0, usedLength(tokens)), ids);
  }

  /** One more than the highest id. */
  get size(): number {
    return this.tokens.length;
  }

  /** In the order of the ids. Without a prototype, so that a token called `__proto__` is a key like any other. */
  toJSON(): Record<string, number> {
    const json = Object.create(null) as Record<string, number>;
    this.tokens.forEach((token, id) => {
      if (token !== undefined && this.ids.get(token) === id) json[token] = id;
    });
    return json;
  }
}

function usedLength(tokens: readonly (string | undefined)[]): number {
  let length = tokens.length;
  while (length > 0 && tokens[length - 1] === undefined) length--;
  return length;
}

function idError(token: string, id: unknown, path: string): TokenizerFormatError {
  const at = `${path}[${JSON.stringify(token.slice(0, 60))}]`;
  asId(id, at);
  return new TokenizerFormatError(
    `${at}: expected an id up to ${MAX_TOKEN_ID}, got ${String(id)}.`,
  );
}
