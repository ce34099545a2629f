// Bytes for people. GB are powers of 1000 (what "7B in fp16 = 14 GB" means), GiB powers of 1024 (what tools show).

/** `14.00 GB`, `0.27 GB`. */
export function formatGigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`;
}

/** `13.04 GiB`. */
export function formatGibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(2)} GiB`;
}

/** With the unit that fits, decimal: `512 B`, `1.50 kB`, `96.58 MB`, `14.00 GB`. */
export function formatBytes(bytes: number): string {
  return scaled(bytes, 1000, ['B', 'kB', 'MB', 'GB', 'TB', 'PB']);
}

/** With the unit that fits, binary: `512 B`, `1.46 KiB`, `92.10 MiB`. */
export function formatBinaryBytes(bytes: number): string {
  return scaled(bytes, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']);
}

/** `84.2 %`. */
export function formatShare(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function scaled(bytes: number, base: number, units: readonly string[]): string {
  let value = bytes;
  let unit = 0;
  while (Number(value.toFixed(2)) >= base && unit < units.length - 1) {
    value /= base;
    unit += 1;
  }
  return unit === 0 ? `${value} B` : `${value.toFixed(2)} ${units[unit]}`;
}
