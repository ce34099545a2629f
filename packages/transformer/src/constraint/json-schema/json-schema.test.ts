import { describe, expect, it } from 'vitest';
import { compileConstraint } from '../constraint.ts';
import { randomText, VOCABULARY } from '../random-text.ts';
import { matches } from './check-schema.ts';

const TREE = {
  type: 'object',
  properties: {
    name: { type: 'string', maxLength: 4 },
    children: { type: 'array', items: { $ref: '#' }, maxItems: 3 },
  },
  required: ['name', 'children'],
  additionalProperties: false,
};

const SCHEMAS: Record<string, unknown> = {
  'any value': true,
  'a person': {
    type: 'object',
    properties: {
      name: { type: 'string', minLength: 2, maxLength: 5 },
      age: { type: 'integer', minimum: 0, maximum: 130 },
      'e-mail "x"': { type: ['string', 'null'] },
      tags: { type: 'array', items: { enum: ['a', 'b', { c: [1, 2] }] }, minItems: 1, maxItems: 3 },
    },
    required: ['age', 'tags'],
  },
  'a tree': TREE,
  references: {
    $defs: {
      leaf: { type: 'number' },
      node: {
        anyOf: [{ $ref: '#/$defs/leaf' }, { type: 'array', items: { $ref: '#/$defs/node' } }],
      },
    },
    type: 'array',
    items: { $ref: '#/$defs/node' },
  },
  'a union by tag': {
    oneOf: [
      {
        type: 'object',
        properties: {
          kind: { const: 'circle' },
          radius: { type: 'number', exclusiveMinimum: 0, maximum: 3 },
        },
        required: ['kind', 'radius'],
      },
      {
        type: 'object',
        properties: {
          kind: { const: 'square' },
          side: { type: 'integer', minimum: -12, exclusiveMaximum: 105 },
        },
        required: ['kind', 'side'],
      },
      { type: ['boolean', 'null'] },
    ],
  },
  'all of two': {
    allOf: [
      { type: 'object', properties: { a: { type: 'boolean' } }, required: ['a'] },
      { properties: { b: { type: 'string', pattern: '^[a-f"\\\\\\n]+$' } }, required: ['b'] },
    ],
  },
  'a map': { type: 'object', additionalProperties: { type: 'integer' } },
  'known and further properties': {
    type: 'object',
    properties: { id: { type: 'integer' }, idle: { type: 'boolean' }, '': { type: 'null' } },
    additionalProperties: { type: 'string', maxLength: 2 },
  },
  'an undeclared required property': {
    type: 'object',
    required: ['x'],
    additionalProperties: { type: 'null' },
  },
  'a tuple': {
    type: 'array',
    prefixItems: [
      { type: 'string', pattern: '^x' },
      { type: 'number', minimum: -2, maximum: 2 },
      { type: 'null' },
    ],
    items: { type: 'boolean' },
    minItems: 2,
    maxItems: 5,
  },
  'a pattern anywhere': { type: 'string', pattern: 'b[0-9]|^q' },
  'beside a choice': {
    type: 'object',
    properties: { n: { type: 'integer', maximum: -7 } },
    required: ['n'],
    anyOf: [
      { properties: { m: { const: 1 } }, required: ['m'] },
      { properties: { m: { type: 'string' } } },
    ],
  },
  'numbers below zero': { type: 'number', minimum: -20, exclusiveMaximum: -3 },
  'an empty tuple': { type: 'array', maxItems: 0 },
};

describe('a JSON schema', () => {
  it.each(Object.entries(SCHEMAS))('%s: every random text parses and matches', (_, schema) => {
    const constraint = compileConstraint({ jsonSchema: schema }, VOCABULARY);
    const texts = new Set<string>();
    for (let seed = 0; seed < 80; seed++) {
      const text = randomText(constraint, seed, constraint.leastTokens + 30);
      const value = JSON.parse(text) as unknown;
      expect(matches(value, schema), text).toBe(true);
      texts.add(text);
    }
    if (JSON.stringify(schema).length > 30 && !JSON.stringify(schema).includes('"maxItems":0}'))
      expect(texts.size).toBeGreaterThan(5);
  });

  it('lets a model write what people write, with blanks after commas and colons', () => {
    const constraint = compileConstraint({ jsonSchema: SCHEMAS['a person'] }, VOCABULARY);
    const text = '{"name": "Zoë 😀", "age": 41,"tags": ["b", {"c":[1,2]}]}';
    const state = constraint.stateAfter([...new TextEncoder().encode(text)]);
    expect(constraint.isFinal(state)).toBe(true);
  });

  it('ends within the fewest tokens there can be', () => {
    const constraint = compileConstraint({ jsonSchema: TREE }, VOCABULARY);
    expect(constraint.leastTokens).toBe('{"name":"","children":[]}'.length);
    for (let seed = 0; seed < 20; seed++)
      expect(
        () => JSON.parse(randomText(constraint, seed, constraint.leastTokens)) as unknown,
      ).not.toThrow();
    expect(() => randomText(constraint, 1, constraint.leastTokens - 1)).toThrow(
      'maxNewTokens: expected at least 25',
    );
  });

  it.each([
    [{ type: 'object', patternProperties: { a: {} } }, '#: expected no patternProperties'],
    [{ properties: { a: { not: {} } } }, '/properties/a: expected no not'],
    [{ type: 'text' }, '/type: expected one of object, array'],
    [{ $ref: '#/$defs/missing' }, 'expected a reference to something, got "#/$defs/missing"'],
    [{ $ref: 'other.json' }, 'expected a reference within the schema'],
    [{ oneOf: [{ type: 'integer' }, { type: 'number' }] }, 'options that exclude each other'],
    [{ type: 'integer', minimum: 3, maximum: 2 }, 'expected a whole number between the bounds'],
    [{ type: 'number', minimum: 0.5 }, 'expected whole bounds of a number, got 0.5'],
    [{ type: 'string', pattern: 'a', minLength: 3 }, 'expected a pattern or a length'],
    [{ properties: { a: false } }, '/properties/a: expected a schema that something matches'],
    [{ type: 'array', uniqueItems: true }, 'expected no uniqueItems'],
    [{ allOf: [{ type: 'string' }, { type: 'null' }] }, 'types that have something in common'],
  ])('%j is refused', (schema, message) => {
    expect(() => compileConstraint({ jsonSchema: schema }, VOCABULARY)).toThrow(message);
  });
});

describe('formats', () => {
  it.each([
    ['date', (text: string) => new Date(`${text}T00:00:00Z`).toISOString().startsWith(text)],
    ['date-time', (text: string) => Number.isFinite(Date.parse(text))],
    ['time', (text: string) => Number.isFinite(Date.parse(`2024-01-01T${text}`))],
    ['uuid', (text: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)],
    ['ipv4', (text: string) => text.split('.').every((part) => Number(part) < 256)],
    ['email', (text: string) => /^[^@\s]+@[^@\s]+\.[a-z]+$/.test(text)],
  ] as const)('%s: random texts are ones', (format, isRight) => {
    const constraint = compileConstraint({ jsonSchema: { type: 'string', format } }, VOCABULARY);
    for (let seed = 0; seed < 60; seed++) {
      const text = JSON.parse(randomText(constraint, seed, 80)) as string;
      expect(isRight(text), text).toBe(true);
    }
  });
});
