/**
 * Text in which ▁ (U+2581) stands for a blank, cut into words that begin with it: how SentencePiece's models see text.
 */
import type { ScanPiece } from '../pre-tokenizers/scan-gpt2.ts';

/** UTF-8 of ▁. */
const META = [0xe2, 0x96, 0x81] as const;

function isMeta(bytes: Uint8Array, i: number): boolean {
  return bytes[i] === META[0] && bytes[i + 1] === META[1] && bytes[i + 2] === META[2];
}

/** Cuts before every ▁, as the pre-tokenizer Metaspace does. */
export const scanMetaPieces: ScanPiece = (bytes, start, end) => {
  let i = start + 1;
  while (i < end && !isMeta(bytes, i)) i++;
  return i;
};

/** Cuts before a ▁ that follows something else: where no token has one inside, none can cross the cut. */
export const scanMetaWords: ScanPiece = (bytes, start, end) => {
  let i = start;
  while (i < end && isMeta(bytes, i)) i += 3;
  while (i < end && !isMeta(bytes, i)) i++;
  return Math.min(i, end);
};

/** Cuts nowhere. */
export const scanWhole: ScanPiece = (_bytes, _start, end) => end;

/** Whether a token goes on with ▁ after something else. */
export function crossesWords(bytes: Uint8Array, start: number, end: number): boolean {
  return scanMetaWords(bytes, start, end) < end;
}
