// Reading a JSON schema: its keywords, references and combinations.
import { GrammarError } from '../expression.ts';

export type Schema = Readonly<Record<string, unknown>>;

/** Keywords whose rules cannot be kept while writing: a schema that has one is refused. */
const UNSUPPORTED = [
  'not',
  'if',
  'then',
  'else',
  'patternProperties',
  'propertyNames',
  'minProperties',
  'maxProperties',
  'dependentRequired',
  'dependentSchemas',
  'contains',
  'minContains',
  'maxContains',
  'uniqueItems',
  'unevaluatedItems',
  'unevaluatedProperties',
  'multipleOf',
  '$dynamicRef',
  '$recursiveRef',
];

export function refuse(path: string, expected: string, got: unknown): never {
  throw new GrammarError(
    `JSON schema: ${path || '#'}: expected ${expected}, got ${JSON.stringify(got)}. Change the schema.`,
  );
}

/** A schema object; `true` is {}. */
export function asSchema(value: unknown, path: string): Schema {
  if (value === true) return {};
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    refuse(path, 'a schema that something matches', value);
  const schema = value as Schema;
  for (const keyword of UNSUPPORTED) {
    const isHarmless =
      (keyword === 'uniqueItems' && schema[keyword] === false) ||
      (keyword === 'multipleOf' && schema[keyword] === 1 && schema['type'] === 'integer');
    if (schema[keyword] !== undefined && !isHarmless)
      refuse(path, `no ${keyword}, which cannot be kept while writing`, schema[keyword]);
  }
  return schema;
}

/** What a reference within the document points to. */
export function resolve(root: unknown, reference: string, path: string): unknown {
  if (!reference.startsWith('#')) refuse(path, 'a reference within the schema (#…)', reference);
  const parts = reference
    .slice(1)
    .split('/')
    .filter((part) => part !== '');
  let value = root;
  for (const part of parts) {
    const key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
    value = (value as Record<string, unknown> | undefined)?.[key];
  }
  return value === undefined ? refuse(path, 'a reference to something', reference) : value;
}

/** Words that say nothing about what matches. */
const ANNOTATIONS = new Set([
  ...['title', 'description', 'default', 'examples', 'deprecated', 'readOnly', 'writeOnly'],
  ...['$schema', '$id', '$anchor', '$comment', '$defs', 'definitions', '$vocabulary'],
]);

/** The keywords that count. */
export function rulesOf(schema: Schema): Schema {
  return Object.fromEntries(
    Object.entries(schema).filter(([key, value]) => !ANNOTATIONS.has(key) && value !== undefined),
  );
}

/** A schema that matches what all of these match. */
export function mergeAll(schemas: readonly Schema[], path: string): Schema {
  return schemas.map(rulesOf).reduce((left, right) => merge(left, right, path), {});
}

function merge(left: Schema, right: Schema, path: string): Schema {
  const result: Record<string, unknown> = { ...left };
  for (const [key, value] of Object.entries(right)) {
    const old = result[key];
    result[key] = old === undefined ? value : mergeKeyword(key, old, value, path);
  }
  return result;
}

function mergeKeyword(key: string, left: unknown, right: unknown, path: string): unknown {
  if (JSON.stringify(left) === JSON.stringify(right)) return left;
  if (key === 'required') return [...new Set([left, right].flat())];
  if (/^(exclusiveM|m)inimum$|^min(Length|Items)$/.test(key))
    return Math.max(left as number, right as number);
  if (/^(exclusiveM|m)aximum$|^max(Length|Items)$/.test(key))
    return Math.min(left as number, right as number);
  if (key === 'type' || key === 'enum') {
    const common = [left]
      .flat()
      .filter((item) =>
        [right].flat().some((other) => JSON.stringify(other) === JSON.stringify(item)),
      );
    return common.length > 0
      ? common
      : refuse(path, `${key}s that have something in common`, right);
  }
  if (key === 'properties') {
    const [a, b] = [left as Schema, right as Schema];
    const both = Object.keys(a).filter((name) => name in b);
    const merged = both.map((name) => [
      name,
      mergeAll([asSchema(a[name], path), asSchema(b[name], path)], `${path}/properties/${name}`),
    ]);
    return { ...a, ...b, ...(Object.fromEntries(merged) as Schema) };
  }
  return refuse(path, `one ${key}, for two cannot be combined`, right);
}

export type JsonType = 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean' | 'null';
const TYPES: readonly JsonType[] = [
  'object',
  'array',
  'string',
  'number',
  'integer',
  'boolean',
  'null',
];

/** Types that the keywords leave open. */
export function typesOf(schema: Schema, path: string): JsonType[] {
  const stated = schema['type'];
  if (stated === undefined) return impliedTypes(schema);
  const types = [stated].flat() as JsonType[];
  for (const type of types)
    if (!TYPES.includes(type)) refuse(`${path}/type`, `one of ${TYPES.join(', ')}`, type);
  return types;
}

const IMPLIED: readonly (readonly [JsonType, readonly string[]])[] = [
  ['object', ['properties', 'required', 'additionalProperties']],
  ['array', ['items', 'prefixItems', 'minItems', 'maxItems']],
  ['string', ['pattern', 'minLength', 'maxLength', 'format']],
  ['number', ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum']],
];

/** Without a type, a schema about objects is taken to want one: others would match, but are not meant. */
function impliedTypes(schema: Schema): JsonType[] {
  const implied = IMPLIED.filter(([, words]) => words.some((word) => schema[word] !== undefined));
  return implied.map(([type]) => type);
}

/** The values that `enum` or `const` list; null where neither does. */
export function listedValues(schema: Schema): readonly unknown[] | null {
  if (schema['const'] !== undefined) return [schema['const']];
  return Array.isArray(schema['enum']) ? (schema['enum'] as unknown[]) : null;
}
