/**
 * Post-processors of tokenizer.json: special tokens around one sequence or a pair. Each is read into a plan, which
 * both ways of encoding follow: ids alone (`fillIds`), and whole encodings (`encoding/post-process.ts`).
 */
import { UnsupportedComponentError } from '../errors.ts';
import type { JsonObject } from '../io/json-fields.ts';
import {
  asArray,
  asId,
  asObject,
  asString,
  booleanField,
  componentType,
  formatError,
} from '../io/json-fields.ts';
import { parseTemplate } from './template.ts';

/** A sequence (0 is the first, 1 the second), or a special token. */
export type TemplatePart =
  | { readonly sequence: 0 | 1; readonly typeId: number }
  | {
      readonly ids: readonly number[];
      readonly tokens: readonly string[];
      readonly typeId: number;
    };

export interface Template {
  readonly single: readonly TemplatePart[];
  readonly pair: readonly TemplatePart[];
  /** Whether the types hold for overflowing parts too; else those keep 0 and 1. */
  readonly typesOverflow: boolean;
}

export interface PostProcessorPlan {
  /** Offsets leave out the blanks that byte-level tokens hold: once per entry, which is `add_prefix_space`. */
  readonly trims: readonly boolean[];
  /** Undefined: the sequences one after the other, as they are. */
  readonly template: Template | undefined;
}

export type PostProcess = (ids: number[], pair: number[] | undefined) => number[];

const NAMES = 'BertProcessing, ByteLevel, RobertaProcessing, Sequence, TemplateProcessing';

export const NO_POST_PROCESSOR: PostProcessorPlan = { trims: [], template: undefined };

export function concatenate(ids: number[], pair: number[] | undefined): number[] {
  return pair === undefined ? ids : ids.concat(pair);
}

export function parsePostProcessor(value: unknown, path: string): PostProcess {
  return fillIds(parsePostProcessorPlan(value, path));
}

export function fillIds({ template }: PostProcessorPlan): PostProcess {
  if (template === undefined) return concatenate;
  return (ids, pair) => {
    const result: number[] = [];
    for (const part of pair === undefined ? template.single : template.pair) {
      const added = 'ids' in part ? part.ids : part.sequence === 0 ? ids : (pair ?? []);
      for (const id of added) result.push(id);
    }
    return result;
  };
}

export function parsePostProcessorPlan(value: unknown, path: string): PostProcessorPlan {
  const json = asObject(value, path);
  const type = componentType(json, path);
  switch (type) {
    case 'ByteLevel':
      return { trims: parseTrim(json, path), template: undefined };
    case 'TemplateProcessing':
      return { trims: [], template: parseTemplate(json, path) };
    case 'BertProcessing':
      return { trims: [], template: parseSurround(json, path, 1, 1) };
    case 'RobertaProcessing':
      return { trims: parseTrim(json, path), template: parseSurround(json, path, 2, 0) };
    case 'Sequence':
      return parseSequence(asArray(json['processors'], `${path}.processors`), `${path}.processors`);
    default:
      throw new UnsupportedComponentError(
        `${path}: expected a post-processor of ${NAMES}, got ${JSON.stringify(type)}.`,
      );
  }
}

function parseTrim(json: JsonObject, path: string): boolean[] {
  const addPrefixSpace = booleanField(json, 'add_prefix_space', path, true);
  return booleanField(json, 'trim_offsets', path, true) ? [addPrefixSpace] : [];
}

/** `[CLS] A [SEP]`, and for a pair `[CLS] A [SEP] B [SEP]`; RoBERTa puts two separators between, all of type 0. */
function parseSurround(
  json: JsonObject,
  path: string,
  between: number,
  secondType: number,
): Template {
  const start = { ...namedToken(json['cls'], `${path}.cls`), typeId: 0 };
  const end = { ...namedToken(json['sep'], `${path}.sep`), typeId: 0 };
  const single: TemplatePart[] = [start, { sequence: 0, typeId: 0 }, end];
  const second: TemplatePart[] = [
    { sequence: 1, typeId: secondType },
    { ...end, typeId: secondType },
  ];
  return {
    single,
    pair: [...single, ...(between === 2 ? [end] : []), ...second],
    typesOverflow: secondType === 0,
  };
}

/** A token as `["[CLS]", 101]`. */
function namedToken(value: unknown, path: string): { ids: number[]; tokens: string[] } {
  const pair = asArray(value, path);
  if (pair.length !== 2) throw formatError(path, '[token, id]', value);
  return { tokens: [asString(pair[0], `${path}[0]`)], ids: [asId(pair[1], `${path}[1]`)] };
}

/** In Rust each processor sees what the one before made; only one of them may place special tokens, so order is enough. */
function parseSequence(items: readonly unknown[], path: string): PostProcessorPlan {
  const plans = items.map((item, i) => parsePostProcessorPlan(item, `${path}[${i}]`));
  const templates = plans.flatMap(({ template }) => (template === undefined ? [] : [template]));
  if (templates.length > 1) {
    throw new UnsupportedComponentError(
      `${path}: expected at most one processor that adds tokens, got ${templates.length}.`,
    );
  }
  return { trims: plans.flatMap(({ trims }) => trims), template: templates[0] };
}
