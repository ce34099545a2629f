/** Post-processors of tokenizer.json: special tokens around one sequence or a pair. */
import { UnsupportedComponentError } from '../errors.ts';
import type { JsonObject } from '../io/json-fields.ts';
import {
  asArray,
  asId,
  asObject,
  asString,
  componentType,
  formatError,
} from '../io/json-fields.ts';
import { parseTemplate } from './template.ts';

export type PostProcess = (ids: number[], pair: number[] | undefined) => number[];

const NAMES = 'BertProcessing, ByteLevel, RobertaProcessing, Sequence, TemplateProcessing';

export function concatenate(ids: number[], pair: number[] | undefined): number[] {
  return pair === undefined ? ids : ids.concat(pair);
}

export function parsePostProcessor(value: unknown, path: string): PostProcess {
  const json = asObject(value, path);
  const type = componentType(json, path);
  switch (type) {
    case 'ByteLevel':
      return concatenate; // Only trims offsets, which this package does not report yet.
    case 'TemplateProcessing':
      return parseTemplate(json, path);
    case 'BertProcessing':
      return parseSurround(json, path, 1);
    case 'RobertaProcessing':
      return parseSurround(json, path, 2);
    case 'Sequence':
      return parseSequence(asArray(json['processors'], `${path}.processors`), `${path}.processors`);
    default:
      throw new UnsupportedComponentError(
        `${path}: expected a post-processor of ${NAMES}, got ${JSON.stringify(type)}.`,
      );
  }
}

/** `[CLS] A [SEP]`, and for a pair `[CLS] A [SEP] B [SEP]`; RoBERTa puts two separators between. */
function parseSurround(json: JsonObject, path: string, between: number): PostProcess {
  const start = namedId(json['cls'], `${path}.cls`);
  const end = namedId(json['sep'], `${path}.sep`);
  const middle = new Array<number>(between).fill(end);
  return (ids, pair) =>
    pair === undefined ? [start, ...ids, end] : [start, ...ids, ...middle, ...pair, end];
}

/** A token as `["[CLS]", 101]`. */
function namedId(value: unknown, path: string): number {
  const pair = asArray(value, path);
  if (pair.length !== 2) throw formatError(path, '[token, id]', value);
  asString(pair[0], `${path}[0]`);
  return asId(pair[1], `${path}[1]`);
}

/** In Rust each processor sees what the one before made; only one of them may place special tokens, so order is enough. */
function parseSequence(items: readonly unknown[], path: string): PostProcess {
  const steps = items
    .map((item, i) => parsePostProcessor(item, `${path}[${i}]`))
    .filter((step) => step !== concatenate);
  if (steps.length > 1) {
    throw new UnsupportedComponentError(
      `${path}: expected at most one processor that adds tokens, got ${steps.length}.`,
    );
  }
  return steps[0] ?? concatenate;
}
