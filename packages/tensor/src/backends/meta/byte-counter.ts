/** Counts the bytes of buffers that do not exist: live and at the peak, by what they are for. */
import type { CategoryBytes } from '../../memory/statistics.ts';

interface Entry {
  bytes: number;
  category: string;
}

export class ByteCounter {
  liveBytes = 0;
  peakBytes = 0;
  /** The category of what is allocated now. */
  category = 'other';
  private readonly entries = new Map<number, Entry>();
  private readonly live = new Map<string, number>();
  private atPeak = new Map<string, number>();
  private nextHandle = 0;

  get liveBuffers(): number {
    return this.entries.size;
  }

  allocate(bytes: number): number {
    const { category } = this;
    this.entries.set(this.nextHandle, { bytes, category });
    this.live.set(category, (this.live.get(category) ?? 0) + bytes);
    this.liveBytes += bytes;
    if (this.liveBytes > this.peakBytes) this.markPeak();
    return this.nextHandle++;
  }

  free(handle: number): void {
    const entry = this.entries.get(handle);
    if (entry === undefined) return;
    this.entries.delete(handle);
    this.liveBytes -= entry.bytes;
    this.live.set(entry.category, this.live.get(entry.category)! - entry.bytes);
  }

  resetPeak(): void {
    this.markPeak();
  }

  categories(): Record<string, CategoryBytes> {
    const names = [...this.live.keys()];
    return Object.fromEntries(
      names.map((name) => [
        name,
        { liveBytes: this.live.get(name) ?? 0, bytesAtPeak: this.atPeak.get(name) ?? 0 },
      ]),
    );
  }

  private markPeak(): void {
    this.peakBytes = this.liveBytes;
    this.atPeak = new Map(this.live);
  }
}
