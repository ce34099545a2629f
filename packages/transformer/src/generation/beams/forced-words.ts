// Phrases that must be written: how far a text is with them, and what would bring it further.

export interface ForcedProgress {
  /** Tokens of the phrases that are written, the open phrase's included. */
  readonly done: number;
  /** Tokens still to come at least. */
  readonly missing: number;
  /** Tokens that bring the text one further. */
  readonly next: readonly number[];
}

/** @param tokens the new tokens */
export function forcedProgress(
  phrases: readonly (readonly number[])[],
  tokens: readonly number[],
): ForcedProgress {
  const unmet = phrases.filter((phrase) => !contains(tokens, phrase));
  const open = unmet.map((phrase) => openLength(tokens, phrase));
  const longest = Math.max(0, ...open); // 0: any phrase may begin
  const next = unmet.flatMap((phrase, i) => (open[i] === longest ? [phrase[longest]!] : []));
  const missing = lengthOf(unmet) - longest;
  return { done: lengthOf(phrases) - missing, missing, next };
}

const lengthOf = (phrases: readonly (readonly number[])[]): number =>
  phrases.reduce((sum, { length }) => sum + length, 0);

function contains(tokens: readonly number[], phrase: readonly number[]): boolean {
  for (let start = 0; start + phrase.length <= tokens.length; start++)
    if (phrase.every((token, i) => tokens[start + i] === token)) return true;
  return false;
}

/** How many of the phrase's first tokens the text ends with. */
function openLength(tokens: readonly number[], phrase: readonly number[]): number {
  for (let length = Math.min(phrase.length - 1, tokens.length); length > 0; length--) {
    const start = tokens.length - length;
    if (phrase.slice(0, length).every((token, i) => tokens[start + i] === token)) return length;
  }
  return 0;
}
