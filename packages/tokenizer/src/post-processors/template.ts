/** TemplateProcessing: a list of special tokens and of the sequences A and B, one list for single texts, one for pairs. */
import type { JsonObject } from '../io/json-fields.ts';
import {
  asArray,
  asId,
  asObject,
  asString,
  formatError,
  integerField,
  stringField,
} from '../io/json-fields.ts';
import type { Template, TemplatePart } from './post-processor.ts';

export function parseTemplate(json: JsonObject, path: string): Template {
  const specials = asObject(json['special_tokens'], `${path}.special_tokens`);
  return {
    single: parseParts(json['single'], `${path}.single`, specials),
    pair: parseParts(json['pair'], `${path}.pair`, specials),
    typesOverflow: false,
  };
}

function parseParts(value: unknown, path: string, specials: JsonObject): TemplatePart[] {
  return asArray(value, path).map((item, i) =>
    parsePart(asObject(item, `${path}[${i}]`), `${path}[${i}]`, specials),
  );
}

function parsePart(json: JsonObject, path: string, specials: JsonObject): TemplatePart {
  if (json['Sequence'] !== undefined) {
    const at = `${path}.Sequence`;
    const sequence = asObject(json['Sequence'], at);
    const id = stringField(sequence, 'id', at);
    if (id !== 'A' && id !== 'B') throw formatError(`${at}.id`, '"A" or "B"', id);
    return { sequence: id === 'A' ? 0 : 1, typeId: integerField(sequence, 'type_id', at, 0) };
  }
  const at = `${path}.SpecialToken`;
  const token = asObject(json['SpecialToken'], at);
  const name = stringField(token, 'id', at);
  const special = asObject(specials[name], `special_tokens[${JSON.stringify(name)}]`);
  const ids = asArray(special['ids'], 'special_tokens.ids').map((id, i) =>
    asId(id, `special_tokens.ids[${i}]`),
  );
  const names = asArray(special['tokens'] ?? ids.map(() => name), 'special_tokens.tokens');
  if (names.length !== ids.length)
    throw formatError('special_tokens.tokens', `${ids.length} tokens`, names);
  return {
    ids,
    tokens: names.map((text, i) => asString(text, `special_tokens.tokens[${i}]`)),
    typeId: integerField(token, 'type_id', at, 0),
  };
}
