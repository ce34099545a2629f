/**
 * Makes one program of several recordings of the same function at different values of its counter:
 * an argument that differs between them must follow the counter in a straight line.
 */
import type { Addon } from './addon.ts';
import { isTagged, untagged, type RecordedInstruction, type Recorder } from './recorder.ts';

/** A recording and the counter that the function was called with. */
export interface Take {
  readonly recorder: Recorder;
  readonly count: number;
}

/** What the addon's createReplay takes; its buffers are those of the last take. */
export interface ReplayProgram {
  readonly program: Float64Array;
  readonly patches: Float64Array;
}

/** The program, or why there is none. At least two takes, of different counts. */
export function programOf(takes: readonly Take[]): ReplayProgram | string {
  const last = takes.at(-1)!;
  for (const { recorder } of takes) {
    if (recorder.flaw !== null) return recorder.flaw;
    if (!isSameShape(recorder.instructions, last.recorder.instructions))
      return 'it issues other instructions from call to call';
    if (!isSameWriting(recorder, last.recorder)) return 'it uploads other values from call to call';
  }
  const program: number[] = [];
  const patches: number[] = [];
  for (const [i, { opcode, args, result }] of last.recorder.instructions.entries()) {
    if (takes.some(({ recorder }) => recorder.instructions[i]!.result !== result))
      return 'an instruction returns another number from call to call';
    program.push(opcode, args.length, result);
    for (const [j, value] of args.entries()) {
      const line = lineThrough(takes, i, j);
      if (line === null) return `argument ${j} of instruction ${i} does not follow the counter`;
      if (line.slope !== 0) patches.push(program.length, line.base, line.slope);
      program.push(isTagged(value) ? untagged(value) : value);
    }
  }
  return { program: Float64Array.from(program), patches: Float64Array.from(patches) };
}

/** base + slope · count for argument j of instruction i; null where there is no such line. */
function lineThrough(
  takes: readonly Take[],
  i: number,
  j: number,
): { base: number; slope: number } | null {
  const points = takes.map(({ recorder, count }) => {
    const value = recorder.instructions[i]!.args[j]!;
    return { recorder, count, value };
  });
  const [first, second] = points as [(typeof points)[0], (typeof points)[0]];
  if (isTagged(first.value)) {
    const place = first.recorder.placeOf(first.value);
    const isSame = points.every(({ recorder, value }) =>
      place === undefined
        ? value === first.value
        : isTagged(value) && recorder.placeOf(value) === place,
    );
    return isSame ? { base: 0, slope: 0 } : null;
  }
  if (points.every(({ value }) => Object.is(value, first.value))) return { base: 0, slope: 0 };
  const slope = (second.value - first.value) / (second.count - first.count);
  const base = first.value - slope * first.count;
  const isLine = points.every(({ value, count }) => value === base + slope * count);
  return isLine ? { base, slope } : null;
}

function isSameShape(
  a: readonly RecordedInstruction[],
  b: readonly RecordedInstruction[],
): boolean {
  return (
    a.length === b.length &&
    a.every(({ opcode, args }, i) => opcode === b[i]!.opcode && args.length === b[i]!.args.length)
  );
}

function isSameWriting(a: Recorder, b: Recorder): boolean {
  return (
    a.written.length === b.written.length &&
    a.written.every(({ values }, i) => isSameBytes(values, b.written[i]!.values))
  );
}

const isSameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);

/** Runs a program; free it when done. */
export class Replay {
  readonly #addon: Addon;
  #number: number | null;

  constructor(addon: Addon, { program, patches }: ReplayProgram) {
    this.#addon = addon;
    this.#number = addon.createReplay(program, patches);
  }

  /** @throws what an instruction throws */
  run(count: number): void {
    this.#addon.replay(this.#number ?? -1, count);
  }

  dispose(): void {
    if (this.#number !== null) this.#addon.freeReplay(this.#number);
    this.#number = null;
  }
}
