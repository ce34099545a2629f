/** TemplateProcessing: a list of special tokens and of the sequences A and B, one list for single texts, one for pairs. */
import type { JsonObject } from '../io/json-fields.ts';
import { asArray, asId, asObject, formatError, stringField } from '../io/json-fields.ts';
import type { PostProcess } from './post-processor.ts';

/** A sequence, or the ids of a special token. */
type Part = 'A' | 'B' | readonly number[];

export function parseTemplate(json: JsonObject, path: string): PostProcess {
  const specials = asObject(json['special_tokens'], `${path}.special_tokens`);
  const single = parseParts(json['single'], `${path}.single`, specials);
  const double = parseParts(json['pair'], `${path}.pair`, specials);
  return (ids, pair) => (pair === undefined ? fill(single, ids, []) : fill(double, ids, pair));
}

function fill(parts: readonly Part[], a: number[], b: number[]): number[] {
  const result: number[] = [];
  for (const part of parts) {
    const ids = part === 'A' ? a : part === 'B' ? b : part;
    for (const id of ids) result.push(id);
  }
  return result;
}

function parseParts(value: unknown, path: string, specials: JsonObject): Part[] {
  return asArray(value, path).map((item, i) =>
    parsePart(asObject(item, `${path}[${i}]`), `${path}[${i}]`, specials),
  );
}

function parsePart(json: JsonObject, path: string, specials: JsonObject): Part {
  if (json['Sequence'] !== undefined) {
    const id = stringField(
      asObject(json['Sequence'], `${path}.Sequence`),
      'id',
      `${path}.Sequence`,
    );
    if (id !== 'A' && id !== 'B') throw formatError(`${path}.Sequence.id`, '"A" or "B"', id);
    return id;
  }
  const at = `${path}.SpecialToken`;
  const name = stringField(asObject(json['SpecialToken'], at), 'id', at);
  const special = asObject(specials[name], `special_tokens[${JSON.stringify(name)}]`);
  return asArray(special['ids'], `special_tokens.ids`).map((id, i) =>
    asId(id, `special_tokens.ids[${i}]`),
  );
}
