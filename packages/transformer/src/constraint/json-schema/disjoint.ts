// Whether two schemas surely have no value in common: what oneOf needs.
import { listedValues, typesOf, type JsonType, type Schema } from './schema.ts';

export function areDisjoint(a: Schema, b: Schema): boolean {
  const [values, others] = [listedValues(a), listedValues(b)];
  if (values !== null && others !== null) {
    const known = new Set(others.map((value) => JSON.stringify(value)));
    return values.every((value) => !known.has(JSON.stringify(value)));
  }
  const [types, otherTypes] = [kinds(a), kinds(b)];
  if (types === null || otherTypes === null) return false;
  if (types.every((type) => !otherTypes.includes(type))) return true;
  const areObjects = [types, otherTypes].every(
    ([type, ...more]) => type === 'object' && more.length === 0,
  );
  return areObjects && haveDiscriminator(a, b);
}

/** A property that both require, with values that exclude each other. */
function haveDiscriminator(a: Schema, b: Schema): boolean {
  const required = (schema: Schema): string[] => (schema['required'] as string[] | undefined) ?? [];
  const property = (schema: Schema, name: string): Schema | undefined =>
    (schema['properties'] as Record<string, Schema> | undefined)?.[name];
  return required(a).some((name) => {
    const [left, right] = [property(a, name), property(b, name)];
    return required(b).includes(name) && left && right ? areDisjoint(left, right) : false;
  });
}

/** Types with integer counted as number; null where any value may come. */
function kinds(schema: Schema): JsonType[] | null {
  const values = listedValues(schema);
  const types: JsonType[] = values?.map(typeOf) ?? typesOf(schema, '');
  if (types.length === 0) return null;
  return types.map((type) => (type === 'integer' ? 'number' : type));
}

function typeOf(value: unknown): JsonType {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value as JsonType;
}
