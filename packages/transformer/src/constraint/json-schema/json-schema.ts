// A JSON schema (2020-12 and draft 7) as a grammar. What the grammar writes always matches the schema; it
// need not write everything that matches: properties come in the order in which the schema names them,
// further ones only if it asks for them, and blanks only after commas and colons.
import {
  choice,
  complement,
  characters,
  optional,
  repeat,
  rule,
  sequence,
  text,
  type Expression,
  type Grammar,
} from '../expression.ts';
import { parseRegex } from '../regex.ts';
import { arrayItems } from './array-items.ts';
import { areDisjoint } from './disjoint.ts';
import { FORMATS } from './formats.ts';
import * as json from './json-text.ts';
import { numberExpression } from './numbers.ts';
import { otherName } from './other-name.ts';
import {
  asSchema,
  listedValues,
  mergeAll,
  refuse,
  resolve,
  rulesOf,
  typesOf,
  type JsonType,
  type Schema,
} from './schema.ts';

/** @throws GrammarError naming the keyword that cannot be kept */
export function jsonSchemaGrammar(schema: unknown): Grammar {
  return new SchemaCompiler(schema).compile();
}

class SchemaCompiler {
  readonly #document: unknown;
  readonly #rules = new Map<string, Expression>(json.valueRules());
  readonly #references = new Set<string>();

  constructor(document: unknown) {
    this.#document = document;
  }

  compile(): Grammar {
    this.#rules.set('root', this.#schema(this.#document, ''));
    return { rules: this.#rules, root: 'root' };
  }

  #schema(value: unknown, path: string): Expression {
    const schema = rulesOf(asSchema(value, path));
    const { $ref: reference, allOf, anyOf, oneOf, ...own } = schema;
    if (typeof reference === 'string' && Object.keys(schema).length === 1)
      return this.#reference(reference, path);
    const parts = [
      own,
      ...(typeof reference === 'string' ? [this.#resolved(reference, path)] : []),
      ...((allOf as unknown[] | undefined) ?? []).map((part) => this.#flat(part, path)),
    ];
    if (parts.length > 1) {
      const merged = mergeAll(parts, path);
      return this.#schema(
        { ...merged, ...(anyOf ? { anyOf } : {}), ...(oneOf ? { oneOf } : {}) },
        path,
      );
    }
    if (anyOf !== undefined) return this.#options('anyOf', { own, anyOf, oneOf }, path);
    if (oneOf !== undefined) return this.#options('oneOf', { own, oneOf }, path);
    return this.#plain(own, path);
  }

  /** One of several schemas, each together with what stands beside them. */
  #options(
    keyword: 'anyOf' | 'oneOf',
    { own, anyOf, oneOf }: { own: Schema; anyOf?: unknown; oneOf: unknown },
    path: string,
  ): Expression {
    const list = keyword === 'anyOf' ? anyOf : oneOf;
    if (!Array.isArray(list) || list.length === 0)
      return refuse(`${path}/${keyword}`, 'schemas', list);
    const options = list.map((option, i) => this.#flat(option, `${path}/${keyword}/${i}`));
    if (keyword === 'oneOf') this.#requireDisjoint(options, path);
    const rest = keyword === 'anyOf' && oneOf !== undefined ? { oneOf } : {};
    const isAlone = Object.keys(own).length === 0 && Object.keys(rest).length === 0;
    return choice(
      ...list.map((option: unknown, i) => {
        const where = `${path}/${keyword}/${i}`;
        return isAlone
          ? this.#schema(option, where)
          : this.#schema({ ...mergeAll([own, options[i]!], where), ...rest }, where);
      }),
    );
  }

  #requireDisjoint(options: readonly Schema[], path: string): void {
    for (const [i, option] of options.entries()) {
      const other = options.findIndex((schema, j) => j > i && !areDisjoint(option, schema));
      if (other >= 0)
        refuse(`${path}/oneOf`, `options that exclude each other, or anyOf`, [i, other]);
    }
  }

  /** References and allOf replaced by what they stand for. */
  #flat(value: unknown, path: string): Schema {
    const schema = rulesOf(asSchema(value, path));
    const { $ref: reference, allOf, ...own } = schema;
    const parts = [
      own,
      ...(typeof reference === 'string' ? [this.#resolved(reference, path)] : []),
      ...((allOf as unknown[] | undefined) ?? []).map((part) => this.#flat(part, path)),
    ];
    return parts.length === 1 ? own : mergeAll(parts, path);
  }

  #resolved(reference: string, path: string): Schema {
    return this.#flat(resolve(this.#document, reference, path), reference);
  }

  /** A rule of its own, so that schemas may contain themselves. */
  #reference(reference: string, path: string): Expression {
    const name = `ref ${reference}`;
    if (!this.#references.has(reference)) {
      this.#references.add(reference);
      this.#rules.set(name, this.#schema(resolve(this.#document, reference, path), reference));
    }
    return rule(name);
  }

  #plain(schema: Schema, path: string): Expression {
    const values = listedValues(schema);
    if (values !== null) return this.#values(schema, values, path);
    const types = typesOf(schema, path);
    if (types.length === 0) return rule(json.VALUE);
    return choice(...types.map((type) => this.#type(type, schema, path)));
  }

  #values(schema: Schema, values: readonly unknown[], path: string): Expression {
    const types = typesOf({ type: schema['type'] }, path);
    const fitting = values.filter(
      (value) => types.length === 0 || types.some((t) => isOfType(value, t)),
    );
    if (fitting.length === 0) return refuse(path, 'a listed value of its type', values);
    return choice(...fitting.map((value) => text(JSON.stringify(value))));
  }

  #type(type: JsonType, schema: Schema, path: string): Expression {
    switch (type) {
      case 'object':
        return this.#object(schema, path);
      case 'array':
        return this.#array(schema, path);
      case 'string':
        return this.#string(schema, path);
      case 'number':
      case 'integer':
        return numberExpression(type, schema, path);
      case 'boolean':
        return json.BOOLEAN;
      case 'null':
        return json.NULL;
    }
  }

  #string(schema: Schema, path: string): Expression {
    const { minLength = 0, maxLength = Infinity, pattern, format } = schema;
    const bounds = [minLength as number, maxLength as number] as const;
    const isBounded = bounds[0] > 0 || bounds[1] < Infinity;
    if (typeof pattern === 'string') {
      if (isBounded) refuse(path, 'a pattern or a length, for both cannot be kept', pattern);
      const any = characters(...complement([]));
      return json.quoted(json.insideString(parseRegex(pattern, any)));
    }
    const known = typeof format === 'string' ? FORMATS[format] : undefined;
    if (known !== undefined && !isBounded) return json.quoted(parseRegex(known));
    if (bounds[0] > bounds[1]) refuse(path, 'a minLength up to maxLength', minLength);
    return json.quoted(repeat(json.STRING_CHARACTER, ...bounds));
  }

  #array(schema: Schema, path: string): Expression {
    const { prefixItems, items, minItems = 0, maxItems = Infinity } = schema;
    const fixed = (prefixItems ?? (Array.isArray(items) ? items : [])) as unknown[];
    const later = Array.isArray(items) ? schema['additionalItems'] : items;
    const [min, max] = [minItems as number, maxItems as number];
    if (min > max) refuse(path, 'minItems up to maxItems', min);
    const places = fixed.map((item, i) => this.#schema(item, `${path}/prefixItems/${i}`));
    const needsLater = min > places.length || (max > places.length && later !== false);
    const more = needsLater
      ? this.#named(this.#schema(later ?? true, `${path}/items`), path)
      : null;
    return sequence(text('['), arrayItems(places, more, { min, max }), text(']'));
  }

  #object(schema: Schema, path: string): Expression {
    const properties = Object.entries((schema['properties'] as Schema | undefined) ?? {});
    const names = new Set(properties.map(([name]) => name));
    const required = (schema['required'] as string[] | undefined) ?? [];
    const { additionalProperties: extra } = schema;
    const undeclared = required.filter((name) => !names.has(name));
    if (undeclared.length > 0 && extra === false)
      refuse(`${path}/required`, 'declared properties', undeclared);
    const members = [
      ...properties,
      ...undeclared.map((name) => [name, extra ?? true] as const),
    ].map(([name, value]): Member => ({
      isRequired: required.includes(name),
      expression: sequence(
        text(JSON.stringify(name)),
        json.separator(':'),
        this.#schema(value, `${path}/properties/${name}`),
      ),
    }));
    const isOpen = (extra !== undefined && extra !== false) || properties.length === 0;
    const further =
      isOpen && extra !== false
        ? this.#furtherMember(extra ?? true, [...names, ...undeclared], path)
        : null;
    const inner = this.#members(members, further, path);
    return sequence(text('{'), inner, text('}'));
  }

  #furtherMember(schema: unknown, names: readonly string[], path: string): Expression {
    const value = this.#schema(schema, `${path}/additionalProperties`);
    return sequence(
      json.quoted(otherName(names.map((name) => Array.from(name)))),
      json.separator(':'),
      value,
    );
  }

  /** Members in order, the optional ones or not, then further ones. Rules keep what follows from being
   *  written out twice for each optional member. */
  #members(members: readonly Member[], further: Expression | null, path: string): Expression {
    const name = (i: number, isFirst: boolean): string =>
      `members ${path} ${i} ${isFirst ? 'first' : 'later'}`;
    for (const isFirst of [true, false]) {
      const more = further === null ? sequence() : optional(json.list(further, 1, Infinity));
      const end =
        isFirst || further === null
          ? more
          : repeat(sequence(json.separator(','), further), 0, Infinity);
      this.#rules.set(name(members.length, isFirst), end);
    }
    for (const [i, { isRequired, expression }] of [...members.entries()].reverse()) {
      for (const isFirst of [true, false]) {
        const before = isFirst ? [] : [json.separator(',')];
        const taken = sequence(...before, expression, rule(name(i + 1, false)));
        const skipped = rule(name(i + 1, isFirst));
        this.#rules.set(name(i, isFirst), isRequired ? taken : choice(taken, skipped));
      }
    }
    return rule(name(0, true));
  }

  /** As a rule, so that it is built once however often it comes. */
  #named(expression: Expression, path: string): Expression {
    const name = `items ${path}`;
    this.#rules.set(name, expression);
    return rule(name);
  }
}

interface Member {
  readonly isRequired: boolean;
  readonly expression: Expression;
}

function isOfType(value: unknown, type: JsonType): boolean {
  if (value === null) return type === 'null';
  if (Array.isArray(value)) return type === 'array';
  if (type === 'integer') return Number.isInteger(value);
  return typeof value === type;
}
