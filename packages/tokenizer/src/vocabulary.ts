/** Tokens by id and ids by token. Ids need not be dense: a hole has no token. */
import { TokenizerFormatError } from './errors.ts';
import type { JsonObject } from './io/json-fields.ts';
import { asId, asObject } from './io/json-fields.ts';
import type { PackedModel } from './packed/packed-model.ts';
import { PackedTokens } from './packed/packed-tokens.ts';

/** Largest id we accept; the largest published vocabularies are below 300,000. A hostile id must not size an array. */
export const MAX_TOKEN_ID = 4_194_303;

export class Vocabulary {
  /** One more than the highest id. */
  readonly size: number;
  #tokens: readonly (string | undefined)[] | undefined;
  #ids: ReadonlyMap<string, number> | undefined;
  #packed: PackedTokens | undefined;

  private constructor(
    size: number,
    parts: {
      readonly tokens?: readonly (string | undefined)[];
      readonly ids?: ReadonlyMap<string, number>;
      readonly packed?: PackedTokens;
    },
  ) {
    this.size = size;
    this.#tokens = parts.tokens;
    this.#ids = parts.ids;
    this.#packed = parts.packed;
  }

  /** Token i gets id i. */
  static fromTokens(tokens: readonly string[]): Vocabulary {
    const ids = new Map(tokens.map((token, id) => [token, id]));
    return new Vocabulary(tokens.length, { tokens: [...tokens], ids });
  }

  /** Token i gets id i; holes stay holes. */
  static fromSparseTokens(tokens: readonly (string | undefined)[]): Vocabulary {
    const ids = new Map<string, number>();
    tokens.forEach((token, id) => token !== undefined && ids.set(token, id));
    return new Vocabulary(tokens.length, { tokens: [...tokens], ids });
  }

  /** Strings are made when they are asked for. */
  static fromPacked(packed: PackedTokens): Vocabulary {
    return new Vocabulary(packed.size, { packed });
  }

  /** The field `vocab` of a model, unless it was read already. */
  static ofModel(json: JsonObject, path: string, packed: PackedModel | undefined): Vocabulary {
    return packed === undefined
      ? Vocabulary.fromJSON(json['vocab'], `${path}.vocab`)
      : Vocabulary.fromPacked(packed.tokens);
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
      if (tokens[id] !== undefined) throw twiceError(id, path);
      tokens[id] = token;
      ids.set(token, id);
    }
    const used = tokens.slice(0, usedLength(tokens));
    return new Vocabulary(used.length, { tokens: used, ids });
  }

  /** `tokens[id]`; undefined in a hole. */
  get tokens(): readonly (string | undefined)[] {
    return (this.#tokens ??= Array.from({ length: this.size }, (_, id) => this.tokenAt(id)));
  }

  get ids(): ReadonlyMap<string, number> {
    if (this.#ids !== undefined) return this.#ids;
    const ids = new Map<string, number>();
    this.tokens.forEach((token, id) => token !== undefined && ids.set(token, id));
    return (this.#ids = ids);
  }

  /** The tokens as UTF-8; of equal ones only the last is found. */
  get packed(): PackedTokens {
    return (this.#packed ??= PackedTokens.fromStrings(this.tokens));
  }

  /** A length in UTF-16 units that no token exceeds. */
  get longest(): number {
    let longest = 0;
    if (this.#tokens !== undefined)
      for (const token of this.#tokens) longest = Math.max(longest, token?.length ?? 0);
    else {
      const { starts, ends } = this.packed;
      for (let id = 0; id < starts.length; id++)
        longest = Math.max(longest, (ends[id] as number) - (starts[id] as number));
    }
    return longest;
  }

  /** As `ids.get`, without making a map of all. */
  idOf(token: string): number | undefined {
    return this.#ids === undefined ? this.packed.idOf(token) : this.#ids.get(token);
  }

  /** As `tokens[id]`, without making strings of all. */
  tokenAt(id: number): string | undefined {
    return this.#tokens === undefined ? this.packed.tokenAt(id) : this.#tokens[id];
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

function twiceError(id: number, path: string): TokenizerFormatError {
  return new TokenizerFormatError(`${path}: expected different ids, got ${id} twice.`);
}

function idError(token: string, id: unknown, path: string): TokenizerFormatError {
  const at = `${path}[${JSON.stringify(token.slice(0, 60))}]`;
  asId(id, at);
  return new TokenizerFormatError(
    `${at}: expected an id up to ${MAX_TOKEN_ID}, got ${String(id)}.`,
  );
}
