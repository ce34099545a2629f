/** Which normalizers and pre-tokenizers of SentencePiece's models come down to one pass over the text (`BlankRules`). */
import { isObject } from '../io/json-fields.ts';
import type { BlankRules } from '../normalizers/blank-writer.ts';
import { Precompiled } from '../normalizers/precompiled.ts';
import type { Metaspace } from '../pre-tokenizers/metaspace.ts';
import { parseMetaspace } from '../pre-tokenizers/metaspace.ts';
import { EDGE_BLANKS } from '../sentencepiece/definition.ts';
import type { BlankUse } from './blank-words.ts';
import { META } from './blank-words.ts';

export interface FusedRules {
  readonly rules: BlankRules;
  readonly blanks: BlankUse;
}

/** Undefined where they do anything else. */
export function fusedRules(normalizer: unknown, preTokenizer: unknown): FusedRules | undefined {
  const steps = readSteps(normalizerSteps(normalizer));
  if (steps === undefined) return undefined;
  const { prepends, replaces, collapsesToMeta: _, ...rules } = steps;
  if (preTokenizer === null || cutsAtNoBlank(normalizer, preTokenizer)) {
    if (!replaces) return undefined;
    return { rules: { ...rules, prefix: prepends ? 'any' : 'never' }, blanks: 'replaced' };
  }
  const cut = metaspaceOf(preTokenizer);
  if (cut === undefined || cut.metaspace.prependScheme === 'first') return undefined;
  // What stands at the ends would be a word of its own.
  if (cut.isOfWords && (prepends || replaces || steps.collapsesToMeta)) return undefined;
  const { prependScheme, split } = cut.metaspace;
  const words = { trimsLeft: true, trimsRight: true, collapses: true, onlyBlanks: true };
  return {
    rules: {
      ...rules,
      ...(cut.isOfWords ? words : {}),
      prefix: prepends ? 'any' : prependScheme,
    },
    blanks: split || cut.isOfWords ? 'metaspace' : 'replaced',
  };
}

/** Metaspace by itself, or of the words between white space. */
function metaspaceOf(
  preTokenizer: unknown,
): { readonly metaspace: Metaspace; readonly isOfWords: boolean } | undefined {
  if (!isObject(preTokenizer)) return undefined;
  const items: unknown[] =
    preTokenizer['type'] === 'Sequence' && Array.isArray(preTokenizer['pretokenizers'])
      ? (preTokenizer['pretokenizers'] as unknown[])
      : [preTokenizer];
  const last = items.at(-1);
  if (!isObject(last) || last['type'] !== 'Metaspace') return undefined;
  const metaspace = parseMetaspace(last, 'pre_tokenizer');
  const [first] = items;
  const isOfWords = items.length === 2 && isObject(first) && first['type'] === 'WhitespaceSplit';
  if (metaspace.replacement !== META || (items.length > 1 && !isOfWords)) return undefined;
  // Words without ▁ before each could not be told apart.
  return isOfWords && metaspace.prependScheme !== 'always' ? undefined : { metaspace, isOfWords };
}

interface Steps extends Omit<BlankRules, 'prefix'> {
  readonly prepends: boolean;
  readonly replaces: boolean;
  readonly collapsesToMeta: boolean;
}

/** Each of the steps may be missing, but their order is this. */
const ORDER = ['charsmap', 'edges', 'strip', 'collapse', 'prepend', 'replace'] as const;
type StepName = (typeof ORDER)[number];

function readSteps(steps: readonly unknown[]): Steps | undefined {
  const found = new Map<StepName, unknown>();
  let place = -1;
  for (const step of steps) {
    const name = stepName(step);
    const next = name === undefined ? -1 : ORDER.indexOf(name);
    if (name === undefined || next <= place) return undefined;
    found.set(name, step);
    place = next;
  }
  const strip = found.get('strip');
  const strips = (side: string): boolean => isObject(strip) && strip[side] !== false;
  const charsmap = found.get('charsmap');
  const collapse = found.get('collapse');
  return {
    charsmap: isObject(charsmap) ? Precompiled.fromJSON(charsmap, 'normalizer') : undefined,
    trimsLeft: found.has('edges') || strips('strip_left'),
    trimsRight: found.has('edges') || strips('strip_right'),
    collapses: found.has('collapse'),
    onlyBlanks: found.has('strip'),
    prepends: found.has('prepend'),
    replaces: found.has('replace'),
    collapsesToMeta: isObject(collapse) && collapse['content'] === META,
  };
}

function stepName(step: unknown): StepName | undefined {
  if (!isObject(step)) return undefined;
  const { type, pattern, content } = step;
  if (type === 'Precompiled') return 'charsmap';
  if (type === 'Strip') return 'strip';
  if (type === 'Prepend') return step['prepend'] === META ? 'prepend' : undefined;
  if (type !== 'Replace' || !isObject(pattern)) return undefined;
  if (isReplacement(step)) return 'replace';
  if (pattern['Regex'] === EDGE_BLANKS && content === '') return 'edges';
  const isRun = pattern['Regex'] === ' {2,}' && (content === ' ' || content === META);
  return isRun ? 'collapse' : undefined;
}

function normalizerSteps(normalizer: unknown): readonly unknown[] {
  if (!isObject(normalizer)) return [];
  const steps = normalizer['type'] === 'Sequence' ? normalizer['normalizers'] : [normalizer];
  return Array.isArray(steps) ? (steps as unknown[]) : [];
}

/** Makes ▁ of every blank. */
function isReplacement(step: unknown): boolean {
  if (!isObject(step) || step['type'] !== 'Replace' || step['content'] !== META) return false;
  return isObject(step['pattern']) && step['pattern']['String'] === ' ';
}

/** Whether the normalizer makes ▁ of blanks and perhaps puts one before the text, and nothing else. */
export function isPlainReplacement(normalizer: unknown): boolean {
  const names = normalizerSteps(normalizer).map(stepName);
  return names.join() === 'replace' || names.join() === 'prepend,replace';
}

/** Whether the normalizer leaves no blanks but ▁. */
export function replacesBlanks(normalizer: unknown): boolean {
  return isReplacement(normalizerSteps(normalizer).at(-1));
}

/** Gemma splits at blanks where its normalizer has left none. */
export function cutsAtNoBlank(normalizer: unknown, preTokenizer: unknown): boolean {
  if (!replacesBlanks(normalizer) || !isObject(preTokenizer)) return false;
  const { type, pattern, behavior, invert } = preTokenizer as Record<string, unknown>;
  return (
    type === 'Split' &&
    isObject(pattern) &&
    pattern['String'] === ' ' &&
    behavior !== 'Removed' &&
    invert !== true
  );
}
