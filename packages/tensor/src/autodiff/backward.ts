/** Reverse-mode differentiation over a recorded tape (Griewank and Walther 2008, chapter 3).
 *
 *  Differs from tfjs-core's `backpropagateGradients` in what it holds: a gradient lives from its
 *  first contribution until the node that produced its tensor has used it, and a saved tensor until
 *  its node has run, so the peak is one pass's live set and not the sum of all. */
import * as tf from '@tensorflow/tfjs-core';
import { ShapeError, UnsupportedError } from '../errors/errors.ts';
import { addInto } from '../ops/add-into.ts';
import { addEmbeddingGradient } from './embedding-into.ts';
import { type DependencyTape, freeSaved, isMadeInThisScope, type TapeNode } from './tape.ts';

/** Gradients by tensor id; each entry is owned by the map. */
type GradientMap = Map<number, tf.Tensor>;

/** What is differentiated, and the gradient that reaches it; `gradient` is taken over. */
export interface Differentiated {
  readonly output: tf.Tensor;
  readonly gradient: tf.Tensor;
}

/** The gradient of each source, `undefined` where the output does not depend on it. Empties and
 *  frees the tape. Call inside `tf.tidy`: what a throw leaves is freed there. */
export function backward(
  tape: DependencyTape,
  { output, gradient: seed }: Differentiated,
  sources: readonly tf.Tensor[],
): (tf.Tensor | undefined)[] {
  const gradients: GradientMap = new Map([[output.id, seed]]);
  keepNodesLeadingTo(tape, output);
  for (let node = tape.pop(); node !== undefined; node = tape.pop()) {
    const contributions = contributionsOf(node, tape, gradients);
    releaseNode(node, gradients);
    for (const [id, gradient] of contributions) accumulate(gradients, id, gradient);
  }
  return sources.map((source) => gradients.get(source.id));
}

/** Frees what the node saved when its gradient throws: it is on no tape any more. */
function contributionsOf(
  node: TapeNode,
  tape: DependencyTape,
  gradients: GradientMap,
): [id: number, gradient: tf.Tensor][] {
  try {
    if (addEmbeddingGradient(node, gradients)) return [];
    tape.unpackSaved(node);
    return inputGradients(node, tape, gradients);
  } catch (error) {
    freeSaved(node);
    throw error;
  }
}

/** Drops the nodes that `last` was not computed from, and frees what they saved. */
function keepNodesLeadingTo(tape: DependencyTape, last: tf.Tensor): void {
  const leading = new Set([last.id]);
  let kept = tape.length; // the nodes kept so far are tape[kept …], in order
  for (let i = tape.length - 1; i >= 0; i--) {
    const node = tape[i] as TapeNode;
    if (node.outputs.some((output) => leading.has(output.id))) {
      for (const input of Object.values(node.inputs)) leading.add(input.id);
      tape[--kept] = node;
    } else {
      freeSaved(node);
    }
  }
  tape.copyWithin(0, kept);
  tape.length -= kept;
}

/** Kernels whose gradient looks only at those output gradients that have their output's shape. */
const TAKES_NO_ZEROS: ReadonlySet<string> = new Set(
  [
    'Attention',
    'MaskedAttention',
    'BiasedAttention',
    'MaskedBiasedAttention',
    'CrossEntropy',
  ].concat(['Rnn', 'Lstm', 'Gru'].flatMap((name) => [name, `Masked${name}`])),
);

/** tfjs replaces a missing gradient by zeros as large as the output, made in JavaScript. Where nobody looks at them
 *  a scalar stands in. */
function outputGradientsOf(node: TapeNode, gradients: GradientMap): (tf.Tensor | null)[] {
  const found = node.outputs.map((output) => gradients.get(output.id) ?? null);
  if (!TAKES_NO_ZEROS.has(node.kernelName) || !found.includes(null)) return found;
  const nothing = tf.scalar(0); // freed with the caller's scope
  return found.map((gradient, i) => gradient ?? (i === 0 ? null : nothing));
}

/** The gradient of each input that depends on a source: fresh tensors, one per input name. */
function inputGradients(
  node: TapeNode,
  tape: DependencyTape,
  gradients: GradientMap,
): [id: number, gradient: tf.Tensor][] {
  if (node.gradient === undefined) {
    throw new UnsupportedError(
      `valueAndGrads: ${node.kernelName}: expected a kernel with a gradient, got one without. ` +
        `Use another operation, wrap the call in noGradient, or register a gradient.`,
    );
  }
  const { gradient } = node;
  const outputGradients = outputGradientsOf(node, gradients);
  const names = Object.keys(node.inputs).filter((name) =>
    tape.dependsOnSource(node.inputs[name] as tf.Tensor),
  );
  const results = tf.tidy(() => {
    // tfjs replaces a null by zeros; its type does not say so.
    const byName = gradient(outputGradients as tf.Tensor[]);
    const seen = new Set<number>();
    return names.map((name) => {
      const result = checkedGradient(node, name, byName[name]);
      // A gradient function may pass on dy, a saved tensor, or one tensor for two inputs.
      const isOurs = isMadeInThisScope(result) && !seen.has(result.id);
      seen.add(result.id);
      return isOurs ? result : tf.clone(result);
    });
  });
  return results.map((result, i) => [(node.inputs[names[i] as string] as tf.Tensor).id, result]);
}

function checkedGradient(
  node: TapeNode,
  name: string,
  compute: (() => tf.Tensor) | undefined,
): tf.Tensor {
  if (compute === undefined) {
    throw new UnsupportedError(
      `valueAndGrads: ${node.kernelName}: expected a gradient for input ${name}, got none.`,
    );
  }
  const gradient = compute();
  const expected = (node.inputs[name] as tf.Tensor).shape;
  if (gradient.dtype !== 'float32' || !tf.util.arraysEqual(gradient.shape, expected)) {
    throw new ShapeError(
      `valueAndGrads: ${node.kernelName}: expected the gradient of ${name} to be float32 ` +
        `[${expected}], got ${gradient.dtype} [${gradient.shape}]. Its gradient function is wrong.`,
    );
  }
  return gradient;
}

/** After a node's gradient has run, nobody needs its output gradients and saved tensors again. */
function releaseNode(node: TapeNode, gradients: GradientMap): void {
  freeSaved(node);
  for (const output of node.outputs) {
    gradients.get(output.id)?.dispose();
    gradients.delete(output.id);
  }
}

function accumulate(gradients: GradientMap, id: number, gradient: tf.Tensor): void {
  const sum = gradients.get(id);
  gradients.set(id, sum === undefined ? gradient : addInto(sum, gradient));
}
