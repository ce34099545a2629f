/** A lone surrogate is no character; as UTF-8 it becomes U+FFFD, so it does here. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD');
}
