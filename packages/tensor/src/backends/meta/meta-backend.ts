/**
 * The backend `meta`: shapes and bytes, no data. It is the native backend without its engine: the same kernels
 * decide shapes and allocate, in the same order, so that what it counts is what `native` would hold.
 */
import type { MemoryStats } from '../../memory/statistics.ts';
import { NativeBackend } from '../native/native-backend.ts';
import { ByteCounter } from './byte-counter.ts';
import { metaAddon } from './meta-addon.ts';

export class MetaBackend extends NativeBackend {
  private readonly counter: ByteCounter;

  constructor() {
    const counter = new ByteCounter();
    super(metaAddon(counter), 'meta');
    this.counter = counter;
  }

  override run(): number {
    return 0;
  }

  override hasInstruction(): boolean {
    return true;
  }

  override memoryStats(): Omit<MemoryStats, 'liveTensors'> {
    return { ...super.memoryStats(), categories: this.counter.categories() };
  }

  setCategory(name: string): string {
    const before = this.counter.category;
    this.counter.category = name;
    return before;
  }
}
