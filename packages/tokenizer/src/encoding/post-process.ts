/** The post-processor's plan applied to whole encodings: offsets trimmed, special tokens placed, types set. */
import { BYTE_CHARACTERS } from '../bpe/byte-alphabet.ts';
import type {
  PostProcessorPlan,
  Template,
  TemplatePart,
} from '../post-processors/post-processor.ts';
import { addedColumns, concatenateEncodings, Encoding, withColumns } from './encoding.ts';
import { byteOffsetsOf } from './byte-offsets.ts';
import type { Offsets } from './encoding.ts';

const SPACE = /\p{White_Space}/u;
const BLANK = (BYTE_CHARACTERS[0x20] as string).charCodeAt(0);

/** How many tokens the plan adds. */
export function addedTokenCount({ template }: PostProcessorPlan, isPair: boolean): number {
  if (template === undefined) return 0;
  const parts = isPair ? template.pair : template.single;
  return parts.reduce((sum, part) => sum + ('ids' in part ? part.ids.length : 0), 0);
}

export interface PostProcessOptions {
  readonly addSpecialTokens: boolean;
  /** The texts that the encodings are of. */
  readonly texts: readonly string[];
}

export function postProcess(
  plan: PostProcessorPlan,
  first: Encoding,
  second: Encoding | undefined,
  { addSpecialTokens, texts }: PostProcessOptions,
): Encoding {
  const sequences = [first, ...(second === undefined ? [] : [second])].map((encoding, i) =>
    plan.trims.reduce(
      (current, addPrefixSpace) => trimOffsets(current, addPrefixSpace, texts[i] as string),
      encoding,
    ),
  );
  const { template } = plan;
  if (template === undefined) return concatenateEncodings(sequences);
  const parts = (second === undefined ? template.single : template.pair).filter(
    (part) => addSpecialTokens || !('ids' in part),
  );
  return concatenateEncodings(parts.map((part) => fillPart(part, sequences, template)));
}

function fillPart(
  part: TemplatePart,
  sequences: readonly Encoding[],
  { typesOverflow }: Template,
): Encoding {
  if ('ids' in part) return new Encoding(addedColumns(part.ids, part.tokens, part.typeId, 1));
  const withTypes = (encoding: Encoding, overflowing: readonly Encoding[]): Encoding =>
    new Encoding(
      withColumns(encoding, { typeIds: () => encoding.ids.map(() => part.typeId) }),
      overflowing,
    );
  const encoding = sequences[part.sequence] as Encoding;
  const { overflowing } = encoding;
  return withTypes(
    encoding,
    typesOverflow ? overflowing.map((cut) => withTypes(cut, [])) : overflowing,
  );
}

/**
 * Leaves the blanks that a token holds out of its offsets. A blank that was put before the text (`addPrefixSpace`)
 * stands for nothing in it, so there is nothing to leave out.
 */
function trimOffsets(encoding: Encoding, addPrefixSpace: boolean, text: string): Encoding {
  const trim = (part: Encoding): Encoding => {
    const offsets = (): Offsets[] =>
      part.offsets.map((place, i) =>
        trimOne(
          part.tokens[i] as string,
          place,
          text,
          addPrefixSpace && (i === 0 || place[0] === 0),
        ),
      );
    const trimmed = withColumns(part, {
      offsets,
      byteOffsets: () => {
        const toBytes = byteOffsetsOf(text);
        return offsets().map(([start, end]): Offsets => [toBytes(start), toBytes(end)]);
      },
    });
    return new Encoding(trimmed, part.overflowing.map(trim));
  };
  return trim(encoding);
}

function trimOne(
  token: string,
  [start, end]: Offsets,
  text: string,
  hasAddedBlank: boolean,
): Offsets {
  let leading = 0;
  while (leading < token.length && isBlank(token, leading)) leading++;
  let trailing = 0;
  while (trailing < token.length && isBlank(token, token.length - 1 - trailing)) trailing++;
  if (leading === 0 && trailing === 0) return [start, end];
  if (leading > 0 && hasAddedBlank) leading--;
  let from = start;
  for (let left = leading; left > 0 && from < end; left--) from += unitsAt(text, from);
  let to = end;
  if (end >= trailing)
    for (let left = trailing; left > 0 && to > from; left--) to -= unitsBefore(text, to);
  return [from, Math.max(from, to)];
}

/** Blanks in the byte alphabet, or any white space; all of one unit. */
function isBlank(token: string, i: number): boolean {
  const unit = token.charCodeAt(i);
  if (unit === BLANK) return true;
  return !(unit > 0x20 && unit < 0x85) && SPACE.test(token.charAt(i));
}

function unitsBefore(text: string, position: number): number {
  return unitsAt(text, position - 2) === 2 ? 2 : 1;
}

function unitsAt(text: string, position: number): number {
  return (text.codePointAt(position) ?? 0) > 0xffff ? 2 : 1;
}
