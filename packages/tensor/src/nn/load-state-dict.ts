import * as tf from '@tensorflow/tfjs-core';
import { ShapeError } from '../errors/errors.ts';
import { assignParameter, checkParameterValue } from './parameter.ts';

/** How strict loading is. */
export interface LoadOptions {
  /** Whether a path missing on either side is an error. @default true */
  strict?: boolean;
}

/** What did not match; both empty after a strict load. */
export interface LoadReport {
  /** Parameters that no entry named: they keep their values. */
  missing: string[];
  /** Entries that no parameter is named as. */
  unexpected: string[];
}

/** Copies entries into parameters of the same path. All is checked before anything is changed. */
export function loadStateDict(
  parameters: Iterable<readonly [path: string, parameter: tf.Variable]>,
  entries: Iterable<readonly [path: string, value: tf.Tensor]>,
  options: LoadOptions,
): LoadReport {
  const { strict = true } = options;
  const targets = new Map(parameters);
  const values = new Map(entries);
  const missing = [...targets.keys()].filter((path) => !values.has(path));
  const unexpected = [...values.keys()].filter((path) => !targets.has(path));
  if (strict && missing.length + unexpected.length > 0) {
    throw new ShapeError(
      `loadStateDict: entries: expected exactly the model's parameters, ` +
        `got ${list('missing', missing)} and ${list('unexpected', unexpected)}. ` +
        `Map the names first, or pass {strict: false}.`,
    );
  }
  const matched = [...targets].filter(([path]) => values.has(path));
  for (const [path, target] of matched) {
    checkParameterValue(target, values.get(path) as tf.Tensor, path);
  }
  for (const [path, target] of matched) {
    assignParameter(target, copy(values.get(path) as tf.Tensor), path);
  }
  return { missing, unexpected };
}

/** Values in memory of their own: `tf.clone` would share it, and an optimizer writes in place. */
function copy(value: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.mul(value, tf.scalar(1, value.dtype)));
}

function list(what: string, names: readonly string[]): string {
  const shown = names.slice(0, 8).join(', ');
  return (
    `${names.length} ${what}` +
    (names.length > 0 ? ` (${shown}${names.length > 8 ? ', …' : ''})` : '')
  );
}
