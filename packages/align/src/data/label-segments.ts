// What a training example looks like to the loss: its text, cut where trained and untrained tokens meet. Masks that are
// silently wrong are the commonest fault of fine-tuning, and nothing shows them but a look.
import type { SftExample } from './tokenize-sft.ts';
import type { TextTokenizer } from './tokenizer.ts';

export interface LabelSegment {
  readonly text: string;
  readonly ids: readonly number[];
  /** Whether its tokens count in the loss. The first token of an example never does: nothing predicts it. */
  readonly isTrained: boolean;
}

/** Runs of trained and untrained tokens, decoded, special tokens included.
 *  @example labelSegments(example, tokenizer).map(({ text, isTrained }) => (isTrained ? `⟦${text}⟧` : text)).join('') */
export function labelSegments(
  { inputIds, completionMask }: SftExample,
  tokenizer: Pick<TextTokenizer, 'decode'>,
): LabelSegment[] {
  const isTrained = (t: number) => t > 0 && completionMask[t] === 1;
  const segments: LabelSegment[] = [];
  let start = 0;
  for (let t = 1; t <= inputIds.length; t++) {
    if (t < inputIds.length && isTrained(t) === isTrained(start)) continue;
    const ids = inputIds.slice(start, t);
    segments.push({ text: tokenizer.decode(ids), ids, isTrained: isTrained(start) });
    start = t;
  }
  return inputIds.length === 0 ? [] : segments;
}
