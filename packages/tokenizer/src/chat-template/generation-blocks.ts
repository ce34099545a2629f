/**
 * `{% generation %}` … `{% endgeneration %}` in a chat template: what the assistant writes, as Transformers marks it for
 * `return_assistant_tokens_mask`. The tags are replaced by others that write a mark, and the marks are taken out of the
 * rendered text again.
 */
import type { Encoding } from '../encoding/encoding.ts';

export type Span = readonly [start: number, end: number];

export interface MarkedText {
  readonly text: string;
  readonly spans: readonly Span[];
}

const TAG = /\{%(?<left>[-+]?)\s*(?<end>end)?generation\s*(?<right>[-+]?)%\}/gu;
/** Where private-use characters begin that no font and no text has. */
const FIRST_MARK = 0xf_ff00;

export function hasGenerationBlocks(template: string): boolean {
  return template.search(TAG) >= 0;
}

/** @param render Renders a template. @param inputs Texts that may reach the output: the marks are none of their characters. */
export function renderMarked(
  template: string,
  inputs: string,
  render: (template: string) => string,
): MarkedText {
  const [open, close] = unusedCharacters(template + inputs);
  // Blocks on both sides of a mark, so that white space is trimmed on both as it is around the tags.
  const marked = template.replace(TAG, (_, left: string, end: string | undefined, right: string) =>
    end === undefined
      ? `{%${left} if true %}{{ '${open}' }}{% if true ${right}%}`
      : `{%${left} endif %}{{ '${close}' }}{% endif ${right}%}`,
  );
  return takeMarks(render(marked), open, close);
}

function unusedCharacters(text: string): [string, string] {
  const found: string[] = [];
  for (let point = FIRST_MARK; found.length < 2; point--) {
    const character = String.fromCodePoint(point);
    if (!text.includes(character)) found.push(character);
  }
  return found as [string, string];
}

function takeMarks(marked: string, open: string, close: string): MarkedText {
  const spans: Span[] = [];
  let text = '';
  let start = 0;
  for (const part of marked.split(new RegExp(`(${open}|${close})`, 'u'))) {
    if (part === open) start = text.length;
    else if (part === close) spans.push([start, text.length]);
    else text += part;
  }
  return { text, spans };
}

/** 1 from the token that holds a span's first character to the one that holds its last, as Transformers has it. */
export function maskTouched({ offsets }: Encoding, spans: readonly Span[]): number[] {
  const mask = new Array<number>(offsets.length).fill(0);
  for (const [start, end] of spans) {
    const first = offsets.findIndex(([from, to]) => from <= start && start < to);
    const last = offsets.findLastIndex(([from, to]) => from <= end - 1 && end - 1 < to);
    if (first >= 0 && last >= first && end > start) mask.fill(1, first, last + 1);
  }
  return mask;
}
