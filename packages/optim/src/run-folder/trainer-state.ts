// trainer_state.json: where a run stood, and the proof that its checkpoint is whole. It is written last and lists
// every other file with its size; a directory without it, or with a file that differs, is no checkpoint.
// `global_step` and `max_steps` are the names that Transformers' trainer uses in the file of the same name.

import type { JsonValue } from '../batches/batch-source.ts';

export const TRAINER_STATE_FILE = 'trainer_state.json';
const VERSION = 1;

export interface TrainerState {
  /** Updates made. */
  readonly step: number;
  /** Updates that the run was to make. */
  readonly steps: number;
  /** State of each resumable part by name: `batches`, `generator`, and the caller's own. */
  readonly parts: { readonly [name: string]: JsonValue };
}

export interface StoredState extends TrainerState {
  /** Bytes of every other file of the checkpoint, by relative path. */
  readonly files: { readonly [path: string]: number };
}

export function stringifyState(state: StoredState): string {
  const { step, steps, parts, files } = state;
  const json = { version: VERSION, global_step: step, max_steps: steps, parts, files };
  return `${JSON.stringify(json, null, 2)}\n`;
}

/** Throws an Error that says what is wrong with the text. */
export function parseState(text: string): StoredState {
  const json: unknown = JSON.parse(text);
  if (typeof json !== 'object' || json === null) throw new Error('is not a JSON object');
  const { version, global_step, max_steps, parts, files } = json as Record<string, unknown>;
  if (version !== VERSION) throw new Error(`has version ${String(version)}, not ${VERSION}`);
  if (!isWhole(global_step) || !isWhole(max_steps)) throw new Error('has no step numbers');
  if (!isRecord(parts) || !isRecord(files)) throw new Error('has no parts or no files');
  return {
    step: global_step,
    steps: max_steps,
    parts: parts as TrainerState['parts'],
    files: files as StoredState['files'],
  };
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
