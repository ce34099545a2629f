/** A lone surrogate is no character; as UTF-8 it becomes U+FFFD, so it does here. */
export function wellFormed(text: string): string {
  return hasNative(text) ? text.toWellFormed() : text.replace(/\p{Surrogate}/gu, '\uFFFD');
}

/** ES2024's method, where the engine has it: much faster than the regular expression. */
function hasNative(text: string): text is string & { toWellFormed(): string } {
  return 'toWellFormed' in String.prototype && text.length > 0;
}
