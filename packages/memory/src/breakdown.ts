// A table of bytes by purpose, with each one's share of the total.

export interface MemoryPart {
  readonly name: string;
  readonly bytes: number;
  /** Of the total, 0 to 1. */
  readonly share: number;
}

export interface MemoryBreakdown {
  readonly parts: readonly MemoryPart[];
  readonly totalBytes: number;
  readonly parameters: number;
  /** True when only a parameter count was known: all but the weights is a similar model's. */
  readonly isEstimate: boolean;
}

/** Adds up named byte counts. The order of the parts is kept. */
export function breakdown(
  bytesByName: Readonly<Record<string, number>>,
  about: Pick<MemoryBreakdown, 'parameters' | 'isEstimate'>,
): MemoryBreakdown {
  const entries = Object.entries(bytesByName);
  const totalBytes = entries.reduce((sum, [, bytes]) => sum + bytes, 0);
  const parts = entries.map(([name, bytes]) => ({ name, bytes, share: bytes / totalBytes }));
  return { parts, totalBytes, ...about };
}

/** Bytes of one part, 0 when the breakdown has no such part. */
export function partBytes(of: MemoryBreakdown, name: string): number {
  return of.parts.find((part) => part.name === name)?.bytes ?? 0;
}
