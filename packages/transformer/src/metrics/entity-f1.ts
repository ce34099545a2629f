// Named entities found, counted whole: right only with the same first token, last token and type
// (Tjong Kim Sang and De Meulder 2003, the CoNLL shared task; seqeval's default mode).
import { precisionRecallF1, type ClassScores } from './classification-report.ts';

export interface EntitySpan {
  readonly type: string;
  /** First token. */
  readonly start: number;
  /** One past the last token. */
  readonly end: number;
}

/** Entities of one text from tags `O`, `B-TYPE` (first token), `I-TYPE` (another). An I- after another
 *  type or after O begins an entity too. */
export function entitySpans(tags: readonly string[]): EntitySpan[] {
  const spans: EntitySpan[] = [];
  let open: { type: string; start: number } | undefined;
  for (const [i, tag] of [...tags, 'O'].entries()) {
    const { prefix, type } = parseTag(tag);
    if (open !== undefined && !(prefix === 'I' && type === open.type)) {
      spans.push({ ...open, end: i });
      open = undefined;
    }
    if (prefix !== 'O') open ??= { type, start: i };
  }
  return spans;
}

function parseTag(tag: string): { prefix: string; type: string } {
  if (tag === 'O') return { prefix: 'O', type: '' };
  const [, prefix, type] = /^([BI])-(.+)$/.exec(tag) ?? [];
  if (prefix !== undefined && type !== undefined) return { prefix, type };
  throw new RangeError(`entitySpans: tags: expected O, B-TYPE or I-TYPE, got ${tag}.`);
}

export interface EntityReport extends ClassScores {
  readonly types: Readonly<Record<string, ClassScores>>;
}

/** Micro-averaged over all entities of all texts, and for each type. */
export function entityF1(
  predicted: readonly (readonly string[])[],
  expected: readonly (readonly string[])[],
): EntityReport {
  if (predicted.length !== expected.length) {
    throw new RangeError(
      `entityF1: predicted: expected tags of ${expected.length} texts, got ${predicted.length}.`,
    );
  }
  const counts = new Map<string, { right: number; predicted: number; support: number }>();
  const countOf = (type: string) => {
    const found = counts.get(type) ?? { right: 0, predicted: 0, support: 0 };
    counts.set(type, found);
    return found;
  };
  for (const [i, tags] of expected.entries()) {
    const truth = entitySpans(tags);
    const known = new Set(truth.map(keyOf));
    for (const { type } of truth) countOf(type).support += 1;
    for (const span of entitySpans(predicted[i]!)) {
      countOf(span.type).predicted += 1;
      if (known.has(keyOf(span))) countOf(span.type).right += 1;
    }
  }
  const scores = ({ right, predicted: guessed, support }: ReturnType<typeof countOf>) => ({
    ...precisionRecallF1(right, guessed, support),
    support,
  });
  const total = { right: 0, predicted: 0, support: 0 };
  for (const count of counts.values()) {
    total.right += count.right;
    total.predicted += count.predicted;
    total.support += count.support;
  }
  const types = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    ...scores(total),
    types: Object.fromEntries(types.map(([type, count]) => [type, scores(count)])),
  };
}

const keyOf = ({ type, start, end }: EntitySpan): string => `${type} ${start} ${end}`;
