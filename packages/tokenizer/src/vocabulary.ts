/** Tokens by id and ids by token. Ids need not be dense: a hole has no token. */
import { TokenizerFormatError } from './errors.ts';
import { asId, asObject } from './io/json-fields.ts';

/** Largest id we accept; the largest published vocabularies are below 300,000. A hostile id must not size an array. */
export const MAX_TOKEN_ID = 4_194_303;

export class Vocabulary {
  /** `tokens[id]`; undefined in a hole. */
  readonly tokens: readonly (string | undefined)[];
  readonly ids: ReadonlyMap<string, number>;

  constructor(entries: Iterable<readonly [string, number]>, path = 'vocab') {
    const tokens: (string | undefined)[] = [];
    const ids = new Map<string, number>();
    for (const [token, id] of entries) {
      checkId(id, token, path);
      while (tokens.length <= id) tokens.push(undefined);
      tokens[id] = token;
      ids.set(token, id);
    }
    this.tokens = tokens;
    this.ids = ids;
  }

  static fromTokens(tokens: readonly string[]): Vocabulary {
    return new Vocabulary(tokens.map((token, id) => [token, id] as const));
  }

  static fromJSON(json: unknown, path: string): Vocabulary {
    const entries = Object.entries(asObject(json, path));
    return new Vocabulary(
      entries.map(([token, id]) => [token, asId(id, `${path}[${JSON.stringify(token)}]`)] as const),
      path,
    );
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

function checkId(id: number, token: string, path: string): void {
  if (id > MAX_TOKEN_ID) {
    throw new TokenizerFormatError(
      `${path}: expected ids up to ${MAX_TOKEN_ID}, got ${id} for ${JSON.stringify(token.slice(0, 60))}.`,
    );
  }
}
