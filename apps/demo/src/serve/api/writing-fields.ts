// What requests for chats and for completions have in common: how the text is written, and how it is sent.
import { randomInt } from 'node:crypto';
import type { ConstraintSource } from '@llm/transformer';
import type { WritingOptions } from '../engine/messages.ts';
import { unsupported, wrongField } from '../http/api-error.ts';
import type { Fields } from './fields.ts';
import { isObject } from './fields.ts';

const LARGEST_SEED = 2 ** 32;

export interface SendOptions {
  readonly isStreamed: boolean;
  /** Whether a stream ends with the counts of tokens. */
  readonly includesUsage: boolean;
  /** Texts for each prompt. */
  readonly n: number;
}

export function readSendOptions(fields: Fields): SendOptions {
  const isStreamed = fields.boolean('stream') ?? false;
  const options = fields.object('stream_options');
  if (options !== undefined && !isStreamed)
    throw wrongField('stream_options', 'none unless stream is true', fields.get('stream_options'));
  const includesUsage = options?.boolean('include_usage') ?? false;
  return { isStreamed, includesUsage, n: fields.integer('n', { minimum: 1, maximum: 128 }) ?? 1 };
}

/** Everything but the length and the log-probabilities, whose fields have other names in each. top_k, min_p,
 *  min_tokens, repetition_penalty, grammar (GBNF) and guided_regex are not OpenAI's, but other servers' too. */
export function readWritingOptions(fields: Fields): WritingOptions {
  const temperature = fields.number('temperature', { minimum: 0, maximum: 2 }) ?? 1;
  const topP = fields.number('top_p', { minimum: 0, maximum: 1 });
  const share = { minimum: -2, maximum: 2 };
  return {
    temperature: topP === 0 ? 0 : temperature, // no mass but that of the likeliest
    topP: topP === 0 ? undefined : topP,
    topK: readTopK(fields),
    minP: fields.number('min_p', { minimum: 0, maximum: 1 }),
    minTokens: fields.integer('min_tokens', { minimum: 0 }),
    presencePenalty: fields.number('presence_penalty', share),
    frequencyPenalty: fields.number('frequency_penalty', share),
    repetitionPenalty: fields.number('repetition_penalty', { minimum: 0.01, maximum: 100 }),
    logitBias: readLogitBias(fields),
    stop: readStop(fields),
    seed: readSeed(fields),
    constraint: readConstraint(fields),
  };
}

/** 0 and −1 mean all, as in other servers. */
function readTopK(fields: Fields): number | undefined {
  const topK = fields.integer('top_k', { minimum: -1 }) ?? 0;
  return topK > 0 ? topK : undefined;
}

function readSeed(fields: Fields): number {
  const seed = fields.integer('seed');
  // Any integer is a seed to clients; a generator's are not negative.
  return seed === undefined ? randomInt(LARGEST_SEED) : Math.abs(seed);
}

function readStop(fields: Fields): readonly string[] {
  const stops = [fields.get('stop') ?? []].flat();
  const isRight =
    stops.length <= 4 && stops.every((stop) => typeof stop === 'string' && stop !== '');
  if (isRight) return stops as string[];
  throw fields.wrong('stop', 'a text, or at most 4 of them, none of them empty');
}

function readLogitBias(fields: Fields): Record<number, number> | undefined {
  const biases = Object.entries(fields.json('logit_bias') ?? {});
  for (const [id, bias] of biases) {
    const isRight = /^\d+$/.test(id) && typeof bias === 'number' && Math.abs(bias) <= 100;
    if (!isRight)
      throw fields.wrong(
        'logit_bias',
        'numbers from -100 to 100 by token id, such as {"50": -100}',
      );
  }
  return biases.length === 0 ? undefined : Object.fromEntries(biases as [string, number][]);
}

function readConstraint(fields: Fields): ConstraintSource | undefined {
  const sources = [readResponseFormat(fields), readGrammar(fields), readRegex(fields)];
  const given = sources.filter((source) => source !== undefined);
  if (given.length <= 1) return given[0];
  throw unsupported('response_format', 'only one of response_format, grammar and guided_regex.');
}

function readGrammar(fields: Fields): ConstraintSource | undefined {
  const grammar = fields.string('grammar');
  return grammar === undefined ? undefined : { grammar };
}

function readRegex(fields: Fields): ConstraintSource | undefined {
  const regex = fields.string('guided_regex');
  return regex === undefined ? undefined : { regex };
}

function readResponseFormat(fields: Fields): ConstraintSource | undefined {
  const format = fields.object('response_format');
  if (format === undefined) return undefined;
  switch (format.get('type')) {
    case 'text':
      return undefined;
    case 'json_object':
      return { jsonSchema: { type: 'object' } };
    case 'json_schema':
      return { jsonSchema: readSchema(format) };
    default:
      throw format.wrong('type', 'one of text, json_object and json_schema');
  }
}

function readSchema(format: Fields): unknown {
  const given = format.object('json_schema');
  const schema = given?.get('schema');
  if (given?.string('name') === undefined)
    throw wrongField('response_format.json_schema.name', 'a string', given?.get('name'));
  if (isObject(schema)) return schema;
  throw wrongField('response_format.json_schema.schema', 'a JSON schema', schema);
}

/** The first of several names for a length that is there. */
export function readMaxTokens(
  fields: Fields,
  names: readonly string[],
  minimum = 1,
): number | undefined {
  for (const name of names) {
    const value = fields.integer(name, { minimum });
    if (value !== undefined) return value;
  }
  return undefined;
}
