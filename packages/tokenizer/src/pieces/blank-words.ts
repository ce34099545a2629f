/**
 * Text as SentencePiece's models see it, on bytes: a blank (0x20) stands for ▁ (U+2581), in the text and in the tokens. So
 * text need not be rewritten, and a word is as short as it looks.
 */
import type { RawTokens } from '../bpe/raw-tokens.ts';
import type { PackedTokens } from '../packed/packed-tokens.ts';
import type { ScanPiece } from '../pre-tokenizers/scan-gpt2.ts';
import { characterAt } from '../unicode/utf8.ts';
import type { CharacterCuts } from './character-cuts.ts';
import { NO_ASCII } from './character-cuts.ts';

export const META = '\u2581';
const BLANK = 0x20;

/**
 * What blanks are in the text that a model sees: each begins a piece, whatever the tokens; all stand for ▁, and ▁ is a
 * blank too; or they stand for themselves, beside ▁.
 */
export type BlankUse = 'metaspace' | 'replaced' | 'kept';

/** Where a piece may end: before each blank, before a blank that follows something else, or at no blank. */
export type BlankCuts = 'each' | 'words' | 'none';

/** @param cuts where characters may be parted too */
export function blankScanner(blanks: BlankCuts, cuts: CharacterCuts | undefined): ScanPiece {
  const asciiCuts = cuts?.asciiCuts.slice() ?? new Uint8Array((NO_ASCII + 1) << 7);
  if (blanks !== 'none')
    for (let before = 0; before <= NO_ASCII; before++) asciiCuts[(before << 7) | BLANK] = 1;
  return (bytes, start, end) => {
    let i = start;
    let before = NO_ASCII;
    let wideBefore = 0;
    if (bytes[i] === BLANK) {
      before = BLANK;
      i++;
      if (blanks === 'words') while (i < end && bytes[i] === BLANK) i++;
    }
    while (i < end) {
      const byte = bytes[i] as number;
      if (byte < 0x80) {
        if (asciiCuts[(before << 7) | byte] === 1) return i;
        before = byte;
        wideBefore = 0;
        i++;
      } else if (byte < 0xe0 || byte >= 0xf0 || cuts === undefined) {
        before = NO_ASCII;
        wideBefore = 0;
        i++;
      } else {
        const character = characterAt(bytes, i);
        const isKnown = cuts.isKnown(character);
        if (isKnown && wideBefore > 0 && !cuts.areJoined(wideBefore, character)) return i;
        wideBefore = isKnown ? character : 0;
        before = NO_ASCII;
        i += 3;
      }
    }
    return end;
  };
}

/** The tokens with blanks for ▁; one with a blank of its own, which no such text holds, is a hole. */
export function tokensWithBlanks({ bytes, starts, ends, size }: PackedTokens): RawTokens {
  const blanked = new Uint8Array(bytes.length);
  const newStarts = new Int32Array(size).fill(-1);
  const newEnds = new Int32Array(size);
  let to = 0;
  for (let id = 0; id < size; id++) {
    const start = starts[id] as number;
    if (start < 0) continue;
    const end = ends[id] as number;
    const from = to;
    let hasBlank = false;
    for (let i = start; i < end; i++) {
      const byte = bytes[i] as number;
      hasBlank ||= byte === BLANK;
      if (byte === 0xe2 && bytes[i + 1] === 0x96 && bytes[i + 2] === 0x81) {
        blanked[to++] = BLANK;
        i += 2;
      } else blanked[to++] = byte;
    }
    if (hasBlank) continue;
    newStarts[id] = from;
    newEnds[id] = to;
  }
  return { bytes: blanked, starts: newStarts, ends: newEnds };
}

/** Whether a token goes on with a blank after something else, so that words can't be taken one by one. */
export function crossesWords(bytes: Uint8Array, start: number, end: number): boolean {
  let i = start;
  while (i < end && bytes[i] === BLANK) i++;
  while (i < end && bytes[i] !== BLANK) i++;
  return i < end;
}
