/** Normalizations of single letters: case and accents. */

/** By character, without context, as Rust does it: a final Σ becomes σ, not ς. */
export function lowercase(text: string): string {
  const lower = text.toLowerCase();
  return lower.includes('ς') ? lowerByCharacter(text) : lower;
}

function lowerByCharacter(text: string): string {
  let lower = '';
  for (const character of text) lower += character.toLowerCase();
  return lower;
}

export function stripAccents(text: string): string {
  return text.replace(/\p{M}/gu, '');
}
