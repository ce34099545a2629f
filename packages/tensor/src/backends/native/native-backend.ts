/**
 * The backend `native`: tfjs's KernelBackend over the C++ engine. It extends the JavaScript backend, so that a
 * kernel which has no C++ yet still runs, on copies of the values.
 */
import { util, type backend_util, type DataType, type TensorInfo } from '@tensorflow/tfjs-core';
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import type { KernelStats, MemoryStats, StatisticsSource } from '../../memory/statistics.ts';
import type { FileMapper, MappedFile } from '../../memory/file-mapper.ts';
import { UnsupportedError } from '../../errors/errors.ts';
import type { Profiler } from '../../profile/profiler.ts';
import type { Addon, BufferMemory } from './addon.ts';
import { isNativeDtype, NativeData, toNumericArray } from './native-data.ts';
import { NativeStorage } from './native-storage.ts';
import type { Recorder } from './recorder.ts';

const INITIAL_PROGRAM_LENGTH = 4096;

export class NativeBackend extends MathBackendCPU implements StatisticsSource, FileMapper {
  override data: NativeStorage;
  readonly counts: KernelStats = { native: {}, fallback: {} };
  /** How Linear multiplies; the numbers of `Precision` in native/kernels/gemm_bf16/product.h. */
  precision: 0 | 1 = 0;
  /** Notes instructions and gives out buffers while a function is recorded; see src/capture. */
  recorder: Recorder | null = null;
  /** Measures each kernel while there is one. */
  profiler?: Profiler;
  private readonly opcodes: ReadonlyMap<string, number>;
  private program = new Float64Array(INITIAL_PROGRAM_LENGTH);

  constructor(
    readonly addon: Addon,
    /** The name under which its kernels are registered. */
    readonly registeredName: 'native' | 'meta' = 'native',
  ) {
    super();
    this.data = new NativeStorage(this);
    this.opcodes = new Map(addon.instructionNames().map((name, opcode) => [name, opcode]));
    addon.setProgram(this.program);
  }

  /**
   * Runs one C++ instruction. Its arguments are what its wrapper in native/kernels reads, in order: handles
   * (`handleOf`), sizes, `...shapeArgs(shape)`, flags as 0 or 1, floats. Returns what it returns, else 0.
   */
  run(instruction: string, ...args: readonly number[]): number {
    const length = args.length + 1;
    if (length > this.program.length) this.growProgram(length);
    const program = this.program;
    program[0] = this.opcodeOf(instruction);
    const plain = this.recorder?.plainArguments(args) ?? args;
    for (let i = 0; i < plain.length; i++) program[i + 1] = plain[i] as number;
    const result = this.addon.run(length);
    this.recorder?.note(program[0], args, result);
    return result;
  }

  /** A new tensor with undefined contents, for a kernel to fill. */
  output(shape: number[], dtype: DataType): TensorInfo {
    const size = util.sizeFromShape(shape);
    const handle = this.buffers.allocate(size * util.bytesPerElement(dtype));
    return {
      dataId: this.data.add(new NativeData(this.buffers, dtype, handle, size)),
      shape,
      dtype,
    };
  }

  mapFile(path: string): MappedFile {
    const [file, size] = this.addon.mapFile(path);
    return {
      size,
      view: (offset, shape, dtype) => {
        const count = util.sizeFromShape(shape);
        const bytes = count * util.bytesPerElement(dtype);
        // Bytes are blocks of weights, which no kernel writes to.
        const handle = this.addon.mapView(file, offset, bytes, dtype === 'bool');
        const dataId = this.data.add(new NativeData(this.addon, dtype, handle, count));
        return { dataId, shape, dtype };
      },
      close: () => this.addon.unmapFile(file),
    };
  }

  /** Writes a tensor's values where they lie. */
  overwrite(info: TensorInfo, values: ArrayBufferView): void {
    this.addon.write(this.data.get(info.dataId).handle, values);
  }

  /** The buffer of a float32, int32 or bool tensor. */
  handleOf(info: TensorInfo): number {
    const { handle } = this.data.get(info.dataId);
    if (handle < 0) {
      throw new UnsupportedError(
        `native: dtype: expected float32, int32 or bool, got ${info.dtype}. Convert it first.`,
      );
    }
    return this.recorder === null ? handle : this.recorder.tag(handle);
  }

  /** Where tensors that are made now get their memory. */
  private get buffers(): BufferMemory {
    return this.recorder ?? this.addon;
  }

  hasInstruction(name: string): boolean {
    return this.opcodes.has(name);
  }

  override write(values: backend_util.BackendValues, _shape: number[], dtype: DataType): object {
    return this.data.add(this.recordOf(values, dtype));
  }

  override move(
    dataId: object,
    values: backend_util.BackendValues,
    _shape: number[],
    dtype: DataType,
    refCount: number,
  ): void {
    const record = this.recordOf(values, dtype);
    record.refCount = refCount;
    this.data.set(dataId, record);
  }

  override disposeData(dataId: object, force = false): boolean {
    if (!this.data.has(dataId)) return true;
    const record = this.data.get(dataId);
    record.refCount--;
    if (!force && record.refCount > 0) return false;
    if (record.complexTensorInfos !== undefined) {
      this.disposeData(record.complexTensorInfos.real.dataId, true);
      this.disposeData(record.complexTensorInfos.imag.dataId, true);
    }
    this.data.delete(dataId);
    record.free();
    return true;
  }

  override memory() {
    return { unreliable: false, reasons: [] };
  }

  memoryStats(): Omit<MemoryStats, 'liveTensors'> {
    const [liveBytes, peakBytes, pooledBytes, , mappedBytes] = this.addon.statistics();
    return { liveBytes, peakBytes, pooledBytes, mappedBytes };
  }

  resetPeakMemory(): void {
    this.addon.resetPeak();
  }

  kernelStats(): KernelStats {
    return { native: { ...this.counts.native }, fallback: { ...this.counts.fallback } };
  }

  resetKernelStats(): void {
    this.counts.native = {};
    this.counts.fallback = {};
  }

  private recordOf(values: backend_util.BackendValues | undefined, dtype: DataType): NativeData {
    if (values === undefined || values === null || !isNativeDtype(dtype)) {
      return new NativeData(this.addon, dtype, -1, 0, values);
    }
    const array = toNumericArray(dtype, values as ArrayLike<number>);
    const { buffers } = this;
    const handle = buffers.allocate(array.byteLength);
    buffers.write(handle, array);
    return new NativeData(buffers, dtype, handle, array.length);
  }

  private opcodeOf(instruction: string): number {
    const opcode = this.opcodes.get(instruction);
    if (opcode !== undefined) return opcode;
    throw new UnsupportedError(
      `native: instruction: expected one that the built library has, got ${instruction}. ` +
        'Run node native/build.mjs in @llm/tensor.',
    );
  }

  private growProgram(length: number): void {
    this.program = new Float64Array(length * 2);
    this.addon.setProgram(this.program);
  }
}
