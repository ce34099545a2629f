/** What tfjs records while a tape is on, seen through its engine (tfjs-core 4.22,
 *  `Engine.addTapeNode`). Only this file touches the engine's internals. */
import * as tf from '@tensorflow/tfjs-core';
import { activationStorage } from '../precision/activation-storage.ts';
import { freeUnread } from './saved-for-gradient.ts';
import { StoredActivations } from './stored-activations.ts';

/** One recorded kernel call: its inputs, its outputs, its gradient and what that needs. */
export type TapeNode = ReturnType<typeof tf.engine>['state']['activeTape'][number];

/** A tape that keeps only what depends on the tensors it was made over. Other nodes can never
 *  receive a gradient, so what they saved is freed at once: frozen layers that no trained
 *  parameter precedes cost no activation memory. Of the others, what no gradient will read. */
export class DependencyTape extends Array<TapeNode> {
  readonly #dependent = new Set<number>();
  #activations: StoredActivations | undefined; // undefined: they stay float32

  static over(sources: readonly tf.Tensor[]): DependencyTape {
    const tape = new DependencyTape();
    if (activationStorage() === 'bfloat16') tape.#activations = new StoredActivations();
    for (const source of sources) tape.#dependent.add(source.id);
    return tape;
  }

  /** Whether a tensor is a source or was computed from one. */
  dependsOnSource(tensor: tf.Tensor): boolean {
    return this.#dependent.has(tensor.id);
  }

  override push(...nodes: TapeNode[]): number {
    for (const node of nodes) {
      const inputs = this.#dependentInputs(node);
      if (inputs.length > 0) {
        for (const output of node.outputs) this.#dependent.add(output.id);
        freeUnread(node, inputs);
        noGradient(() => this.#activations?.pack(node));
        super.push(node);
      } else {
        freeSaved(node);
      }
    }
    return this.length;
  }

  /** Makes what the node saved what it was: call before its gradient. */
  unpackSaved(node: TapeNode): void {
    noGradient(() => this.#activations?.unpack(node));
  }

  #dependentInputs(node: TapeNode): string[] {
    return Object.keys(node.inputs).filter((name) =>
      this.dependsOnSource(node.inputs[name] as tf.Tensor),
    );
  }
}

/** A tape that keeps nothing but the tensors of an outer tape that the recorded kernels used. */
export class UsedSourcesTape extends DependencyTape {
  readonly used = new Map<number, tf.Tensor>();
  #isSource: (tensor: tf.Tensor) => boolean = () => false;

  /** @param outer the tape that records around it
   *  @param inputs what may need a gradient where that is tfjs's own tape, besides variables */
  static within(outer: TapeNode[], inputs: readonly tf.Tensor[]): UsedSourcesTape {
    const tape = new UsedSourcesTape();
    tape.#isSource = (tensor) =>
      outer instanceof DependencyTape
        ? outer.dependsOnSource(tensor)
        : inputs.includes(tensor) || tensor instanceof tf.Variable;
    return tape;
  }

  override dependsOnSource(tensor: tf.Tensor): boolean {
    return super.dependsOnSource(tensor) || this.#isSource(tensor);
  }

  override push(...nodes: TapeNode[]): number {
    for (const node of nodes) {
      for (const input of Object.values(node.inputs)) {
        if (this.#isSource(input)) this.used.set(input.id, input);
      }
      super.push(node); // marks what depends on a source
      freeSaved(node);
    }
    return 0;
  }
}

/** Frees the tensors that a node kept for its gradient. */
export function freeSaved(node: TapeNode): void {
  for (const tensor of node.saved ?? []) tensor.dispose(); // a second dispose does nothing
}

/** Whether kernels are being recorded for a gradient now, by us or by tfjs's own `grad`. */
export function isRecording(): boolean {
  return tf.engine().state.gradientDepth > 0;
}

/** Whether a kernel that runs now is recorded: a tape is on, and no noGradient around. */
export function isTapeOn(): boolean {
  const { gradientDepth, kernelDepth } = tf.engine().state;
  return gradientDepth > 0 && kernelDepth === 0;
}

/** Whether a kernel that runs now on `tensor` would be asked for the tensor's gradient. Under tfjs's own
 *  `grad`, which does not say, always. */
export function needsGradient(tensor: tf.Tensor): boolean {
  const { activeTape } = tf.engine().state;
  if (!isTapeOn() || activeTape instanceof UsedSourcesTape) return false;
  return !(activeTape instanceof DependencyTape) || activeTape.dependsOnSource(tensor);
}

/** Runs `fn` with its kernels recorded on `tape`. */
export function recordOn<T>(tape: DependencyTape, fn: () => T): T {
  const { state } = tf.engine();
  const outer = state.activeTape;
  state.gradientDepth += 1;
  state.activeTape = tape;
  try {
    return fn();
  } finally {
    state.gradientDepth -= 1;
    state.activeTape = state.gradientDepth > 0 ? outer : [];
  }
}

/** The tape that records now. */
export function activeTape(): TapeNode[] {
  return tf.engine().state.activeTape;
}

/** Records a step of our own on the tape that is on. What it saves must be kept; the tape frees it. */
export function recordNode(node: Omit<TapeNode, 'id'>): void {
  const { state } = tf.engine();
  state.activeTape.push({ id: state.nextTapeNodeId++, ...node });
}

/** Whether the innermost `tf.tidy` owns this tensor: made in it, or returned to it. */
export function isMadeInThisScope(tensor: tf.Tensor): boolean {
  return tensor.scopeId === tf.engine().state.activeScope.id;
}

/** Runs `fn` unrecorded: nothing in it is saved for a gradient, and no gradient flows through its
 *  results. For a frozen reference model inside a loss. */
export function noGradient<T>(fn: () => T): T {
  const { state } = tf.engine();
  state.kernelDepth += 1; // tfjs pauses the tape inside kernels by this count
  try {
    return fn();
  } finally {
    state.kernelDepth -= 1;
  }
}
