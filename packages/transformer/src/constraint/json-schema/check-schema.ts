// For tests: whether a value matches a JSON schema, read from the standard and not from the compiler.

type Schema = Record<string, unknown>;

export function matches(value: unknown, schema: unknown, root: unknown = schema): boolean {
  if (typeof schema === 'boolean') return schema;
  const s = schema as Schema;
  const all = (list: unknown): unknown[] => (list as unknown[] | undefined) ?? [];
  const own = [typeFits, valueFits, numberFits, stringFits];
  return (
    own.every((check) => check(value, s)) &&
    arrayFits(value, s, root) &&
    objectFits(value, s, root) &&
    all(s['allOf']).every((part) => matches(value, part, root)) &&
    (s['anyOf'] === undefined || all(s['anyOf']).some((part) => matches(value, part, root))) &&
    (s['oneOf'] === undefined ||
      all(s['oneOf']).filter((part) => matches(value, part, root)).length === 1) &&
    (s['$ref'] === undefined || matches(value, pointed(root, s['$ref'] as string), root))
  );
}

const pointed = (root: unknown, reference: string): unknown =>
  reference
    .split('/')
    .slice(1)
    .reduce((at, key) => (at as Schema)[key], root);

function typeFits(value: unknown, { type }: Schema): boolean {
  if (type === undefined) return true;
  const name = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  return [type].flat().some((t) => t === name || (t === 'integer' && Number.isInteger(value)));
}

function valueFits(value: unknown, schema: Schema): boolean {
  const same = (other: unknown): boolean => JSON.stringify(other) === JSON.stringify(value);
  if ('const' in schema && !same(schema['const'])) return false;
  return schema['enum'] === undefined || (schema['enum'] as unknown[]).some(same);
}

function numberFits(value: unknown, schema: Schema): boolean {
  if (typeof value !== 'number') return true;
  const { minimum = -Infinity, maximum = Infinity } = schema as Record<string, number>;
  const { exclusiveMinimum = -Infinity, exclusiveMaximum = Infinity } = schema as Record<
    string,
    number
  >;
  return (
    value >= minimum && value <= maximum && value > exclusiveMinimum && value < exclusiveMaximum
  );
}

function stringFits(value: unknown, schema: Schema): boolean {
  if (typeof value !== 'string') return true;
  const { minLength = 0, maxLength = Infinity } = schema as Record<string, number>;
  const { length } = Array.from(value);
  const pattern = schema['pattern'] as string | undefined;
  return (
    length >= minLength &&
    length <= maxLength &&
    (pattern === undefined || new RegExp(pattern, 'u').test(value))
  );
}

function arrayFits(value: unknown, schema: Schema, root: unknown): boolean {
  if (!Array.isArray(value)) return true;
  const { minItems = 0, maxItems = Infinity } = schema as Record<string, number>;
  const fixed = (schema['prefixItems'] as unknown[] | undefined) ?? [];
  return (
    value.length >= minItems &&
    value.length <= maxItems &&
    value.every((item, i) => matches(item, fixed[i] ?? schema['items'] ?? true, root))
  );
}

function objectFits(value: unknown, schema: Schema, root: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return true;
  const properties = (schema['properties'] as Schema | undefined) ?? {};
  const required = (schema['required'] as string[] | undefined) ?? [];
  const further = schema['additionalProperties'] ?? true;
  return (
    required.every((name) => name in value) &&
    Object.entries(value).every(([name, item]) =>
      matches(item, name in properties ? properties[name] : further, root),
    )
  );
}
