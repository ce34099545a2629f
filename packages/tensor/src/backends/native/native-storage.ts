/** Finds a data id's record. Ours are their own record; those of other backends move here on first use. */
import { DataStorage, engine, type KernelBackend } from '@tensorflow/tfjs-core';
import { NativeData } from './native-data.ts';

export class NativeStorage extends DataStorage<NativeData> {
  private readonly owned = new WeakSet<object>();
  private readonly moved = new WeakMap<object, NativeData>();
  private count = 0;

  constructor(private readonly owner: KernelBackend) {
    super(owner, engine());
  }

  /** Adds a record under itself. */
  add(record: NativeData): NativeData {
    this.count++;
    this.owned.add(record);
    return record;
  }

  override get(dataId: object): NativeData {
    if (dataId instanceof NativeData && this.owned.has(dataId)) return dataId;
    if (!this.moved.has(dataId)) engine().moveData(this.owner, dataId);
    return this.moved.get(dataId) as NativeData;
  }

  override set(dataId: object, record: NativeData): void {
    this.count++;
    this.moved.set(dataId, record);
  }

  override has(dataId: object): boolean {
    return this.owned.has(dataId) || this.moved.has(dataId);
  }

  override delete(dataId: object): boolean {
    if (!this.has(dataId)) return false;
    this.count--;
    return this.owned.delete(dataId) || this.moved.delete(dataId);
  }

  override numDataIds(): number {
    return this.count;
  }
}
