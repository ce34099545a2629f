// The closing table: what each stage gained on held-out data.
import type { Gain } from './stage.ts';

function format(value: number, gain: Gain): string {
  return gain.isShare ? `${(value * 100).toFixed(1)} %` : value.toFixed(3);
}

export function gainLines(gains: readonly Gain[]): string[] {
  const rows = gains.map((gain) => [
    gain.stage,
    gain.measure,
    format(gain.before, gain),
    format(gain.after, gain),
  ]);
  const table = [['stage', 'measure', 'before', 'after'], ...rows];
  const widths = [0, 1, 2, 3].map((column) =>
    Math.max(...table.map((row) => (row[column] as string).length)),
  );
  return table.map((row) =>
    row
      .map((cell, column) =>
        column < 2
          ? cell.padEnd(widths[column] as number)
          : cell.padStart(widths[column] as number),
      )
      .join('  ')
      .trimEnd(),
  );
}
