/**
 * Runs a function again and again without its JavaScript: the native backend records the instructions
 * that it issues and replays them in one call, as CUDA graphs do.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../backends/native/native-backend.ts';
import { KEEPS_TENSOR, Recorder } from '../backends/native/recorder.ts';
import { programOf, Replay, type Take } from '../backends/native/recording.ts';
import { scope } from '../memory/scope.ts';

/** A function that can be run again; free it with `dispose`. */
export interface Capture {
  /** Whether it is replayed natively; if not, each `run` calls the function. */
  readonly isRecorded: boolean;
  /** Why not, or ''. */
  readonly reason: string;
  /** The result of the last count; the capture owns it. Null before the first call of the function. */
  readonly result: Tensor | null;
  /** The function's result for this count, from the present values of the tensors that it reads. The
   *  capture owns it, and the next `run` overwrites it. */
  run(count: number): Tensor;
  dispose(): void;
}

/**
 * Captures `fn`. On the native backend it is run here, once for each of `counts`, and recorded; `run` then
 * replays the recording: it reads and writes the same tensors outside of `fn`, whose values may change, and
 * numbers among the arguments of its operations that follow the count in a straight line (a position, a
 * key length) follow it. On other backends, and where `fn` cannot be recorded, `run` calls `fn`.
 *
 * `fn` must do the same for every count: no choice that depends on values that it reads (reading what it
 * computed is found out), no tensor kept beyond its result, no tensor outside that is disposed later. Values
 * that it uploads must always be the same; put what changes into tensors outside.
 *
 * @param fn returns one tensor; what else it makes is freed
 * @param counts three or more, the largest that will be asked for among them; the last is the result's
 */
export function capture(fn: (count: number) => Tensor, counts: readonly number[]): Capture {
  const backend = tf.backend() as Partial<NativeBackend>;
  if (backend.addon?.createReplay === undefined)
    return new Recalled(fn, 'the backend has no replay');
  const takes: Take[] = [];
  let result: Tensor | null = null;
  for (const count of counts) {
    result?.dispose();
    const take = record(backend as NativeBackend, fn, count);
    result = take.result;
    takes.push(take);
    if (take.recorder.flaw !== null) break;
  }
  const program = programOf(takes);
  for (const { recorder } of takes.slice(0, -1)) recorder.dispose();
  if (typeof program !== 'string' && result !== null) {
    const replay = new Replay(backend.addon, program);
    return new Recorded(fn, { replay, result, recorder: takes.at(-1)!.recorder });
  }
  result?.dispose();
  takes.at(-1)?.recorder.dispose();
  return new Recalled(fn, program as string);
}

/** One call of `fn`, noted. A call that keeps what it made (a table, once) is followed by a second. */
function record(
  backend: NativeBackend,
  fn: (count: number) => Tensor,
  count: number,
): Take & { result: Tensor } {
  const first = recordOnce(backend, fn, count);
  if (first.recorder.flaw !== KEEPS_TENSOR) return first;
  first.result.dispose();
  first.recorder.dispose();
  return recordOnce(backend, fn, count);
}

function recordOnce(
  backend: NativeBackend,
  fn: (count: number) => Tensor,
  count: number,
): Take & { result: Tensor } {
  const recorder = new Recorder(backend.addon);
  backend.recorder = recorder;
  let result: Tensor;
  try {
    result = tf.keep(scope(() => fn(count)));
  } catch (error) {
    recorder.finish(-1);
    recorder.dispose();
    throw error;
  } finally {
    backend.recorder = null;
  }
  recorder.finish(backend.handleOf(result));
  return { recorder, count, result };
}

/** Calls the function each time. */
class Recalled implements Capture {
  readonly isRecorded = false;
  readonly reason: string;
  readonly #fn: (count: number) => Tensor;
  #result: Tensor | null = null;

  constructor(fn: (count: number) => Tensor, reason: string) {
    this.#fn = fn;
    this.reason = reason;
  }

  get result(): Tensor | null {
    return this.#result;
  }

  run(count: number): Tensor {
    this.dispose();
    return (this.#result = tf.keep(scope(() => this.#fn(count))));
  }

  dispose(): void {
    this.#result?.dispose();
    this.#result = null;
  }
}

interface Recording {
  readonly replay: Replay;
  readonly result: Tensor;
  readonly recorder: Recorder;
}

/** Replays; when that fails (a tensor that it reads is gone), it calls the function from then on. */
class Recorded implements Capture {
  readonly #fallback: Recalled;
  #recording: Recording | null;
  reason = '';

  constructor(fn: (count: number) => Tensor, recording: Recording) {
    this.#recording = recording;
    this.#fallback = new Recalled(fn, '');
  }

  get isRecorded(): boolean {
    return this.#recording !== null;
  }

  get result(): Tensor | null {
    return this.#recording?.result ?? this.#fallback.result;
  }

  run(count: number): Tensor {
    if (this.#recording === null) return this.#fallback.run(count);
    try {
      this.#recording.replay.run(count);
      return this.#recording.result;
    } catch (error) {
      this.reason = error instanceof Error ? error.message : String(error);
      this.#release();
      return this.#fallback.run(count);
    }
  }

  dispose(): void {
    this.#release();
    this.#fallback.dispose();
  }

  #release(): void {
    if (this.#recording === null) return;
    const { replay, result, recorder } = this.#recording;
    replay.dispose();
    result.dispose();
    recorder.dispose();
    this.#recording = null;
  }
}
