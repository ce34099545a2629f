/** Gradient checkpointing (Chen et al. 2016, arXiv 1604.06174): what a function would save for the backward pass is
 *  computed again there instead. */
import * as tf from '@tensorflow/tfjs-core';
import { ShapeError } from '../errors/errors.ts';
import { scope } from '../memory/scope.ts';
import { DrawRecord } from '../random/draw-record.ts';
import { backward } from './backward.ts';
import { activeTape, DependencyTape, freeSaved, isTapeOn } from './tape.ts';
import { noGradient, recordNode, recordOn, UsedSourcesTape } from './tape.ts';

/** A function of tensors with one result. */
type Checkpointed<Inputs extends readonly tf.Tensor[]> = (...inputs: Inputs) => tf.Tensor;

/**
 * fn(...inputs), with only the inputs kept for the backward pass, which runs `fn` again: activations
 * cost the memory of one call at a time, for the time of one more forward pass. Values and gradients
 * are the same bits as without. Outside a gradient it just runs `fn`.
 *
 * `fn` must do the same when it runs again. Generators drawn from in it are set back for that, so
 * dropout drops the same. Parameters may be used freely; every other tensor that exists only during
 * the forward pass must be among the inputs.
 *
 * @param fn returns one tensor, not an input; may hold checkpoints of its own
 * @param inputs any dtype
 * @returns what `fn` returned, owned by the caller
 * @throws ShapeError when the second run gives another shape
 * @example
 * for (const block of blocks) hidden = checkpoint((x) => block.forward(x), [hidden]);
 */
export function checkpoint<Inputs extends readonly tf.Tensor[]>(
  fn: Checkpointed<Inputs>,
  inputs: readonly [...Inputs],
): tf.Tensor {
  const given = inputs as unknown as Inputs;
  if (!isTapeOn()) return scope(() => fn(...given));
  const draws = new DrawRecord();
  const tape = UsedSourcesTape.within(activeTape(), inputs);
  const output = recordOn(tape, () => draws.watch(() => scope(() => fn(...given))));
  if (tape.used.size === 0) return output;
  const saved = noGradient(() => inputs.map((input) => tf.keep(tf.clone(input))));
  const sources = [...tape.used.values()];
  recordNode({
    kernelName: 'Checkpoint',
    inputs: Object.fromEntries(sources.map((source, i) => [`${i}`, source])),
    outputs: [output],
    saved,
    gradient: (dys: tf.Tensor[]) =>
      gradientsOf({ fn, inputs, saved, sources, draws }, dys[0] as tf.Tensor),
  });
  return output;
}

interface Call<Inputs extends readonly tf.Tensor[]> {
  readonly fn: Checkpointed<Inputs>;
  readonly inputs: readonly tf.Tensor[];
  /** The inputs' values. */
  readonly saved: readonly tf.Tensor[];
  /** What needs a gradient: inputs, and parameters that fn used. */
  readonly sources: readonly tf.Tensor[];
  readonly draws: DrawRecord;
}

/** One thunk for each source, in order, as tfjs wants gradients. */
function gradientsOf<Inputs extends readonly tf.Tensor[]>(
  call: Call<Inputs>,
  dy: tf.Tensor,
): Record<string, () => tf.Tensor> {
  const gradients = runAgain(call, dy);
  return Object.fromEntries(gradients.map((gradient, i) => [`${i}`, () => gradient]));
}

function runAgain<Inputs extends readonly tf.Tensor[]>(
  { fn, inputs, saved, sources, draws }: Call<Inputs>,
  dy: tf.Tensor,
): tf.Tensor[] {
  // An input is differentiated through the copy that was kept of it.
  const standIns = sources.map((source) => {
    const place = inputs.indexOf(source);
    return place < 0 ? source : (saved[place] as tf.Tensor);
  });
  const tape = DependencyTape.over(standIns);
  try {
    return scope(() => {
      const again = () => scope(() => fn(...(saved as unknown as Inputs)));
      const output = recordOn(tape, () => draws.replay(again));
      checkShape(output, dy);
      const gradients = backward(tape, { output, gradient: tf.clone(dy) }, standIns);
      return gradients.map((gradient, i) => gradient ?? tf.zeros(sources[i]!.shape));
    });
  } finally {
    tape.forEach(freeSaved);
  }
}

function checkShape(output: tf.Tensor, dy: tf.Tensor): void {
  if (tf.util.arraysEqual(output.shape, dy.shape)) return;
  throw new ShapeError(
    `checkpoint: fn: expected [${dy.shape}] as in the forward pass, got [${output.shape}]. ` +
      'It must do the same when it runs again.',
  );
}
