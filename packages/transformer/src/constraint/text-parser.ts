/** What the parsers of grammars and expressions share: a place in a text, one code point after the other. */
export abstract class TextParser {
  protected readonly points: readonly string[];
  protected at = 0;

  constructor(source: string) {
    this.points = Array.from(source);
  }

  /** Says what was expected at this place. @param got what stands there; undefined at the end */
  protected abstract fail(expected: string, got: string | undefined): never;

  protected peek(): string | undefined {
    return this.points[this.at];
  }

  protected next(): string {
    const next = this.points[this.at];
    if (next === undefined) return this.fail('more', undefined);
    this.at += 1;
    return next;
  }

  /** Whether `wanted` stands here; goes past it. */
  protected take(wanted: string): boolean {
    if (this.peek() !== wanted) return false;
    this.at += 1;
    return true;
  }
}
