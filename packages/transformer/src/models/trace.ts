// What happens inside a forward pass, for those who look: each layer's input and each attention's weights.
// Every family runs its layers through runLayer and its attention through attend; while a trace is active
// these two tell it. A forward pass is synchronous, so the active trace is a variable with the extent of a
// call, as tfjs's tape is.
import { tf, type Tensor } from '@llm/tensor';

export interface TraceOptions {
  /** Keep the weights that queries give to keys. @default false */
  readonly outputAttentions?: boolean;
  /** Keep what goes into each layer. @default false */
  readonly outputHiddenStates?: boolean;
}

/** Kept tensors of one forward pass; whoever made the trace disposes them. */
export class Trace {
  readonly options: TraceOptions;
  /** Of each layer its input [B, T, C]. */
  readonly hiddenStates: Tensor[] = [];
  /** Of each layer [B, H, T, S]: rows sum to 1. */
  readonly attentions: Tensor[] = [];
  /** The same of what a decoder reads of its source. */
  readonly crossAttentions: Tensor[] = [];
  /** What left the last layer, or the norm after it. */
  final: Tensor | null = null;

  constructor(options: TraceOptions) {
    this.options = options;
  }

  dispose(): void {
    const { hiddenStates, attentions, crossAttentions, final } = this;
    tf.dispose([...hiddenStates, ...attentions, ...crossAttentions, ...(final ? [final] : [])]);
  }
}

let active: Trace | null = null;

/** The trace of the forward pass under way. */
export const activeTrace = (): Trace | null => active;

/** Runs a forward pass under a trace. When it throws, what was kept is freed. */
export function traced<T>(trace: Trace, forward: () => T): T {
  const outer = active;
  active = trace;
  try {
    return forward();
  } catch (error) {
    trace.dispose();
    throw error;
  } finally {
    active = outer;
  }
}

/** Notes a layer's input and output. */
export function traceLayer(input: Tensor, output: Tensor): void {
  if (active?.options.outputHiddenStates !== true) return;
  active.hiddenStates.push(tf.keep(tf.clone(input)));
  traceFinal(output);
}

/** Notes what a stack gives in the end: the output of a norm after its last layer. */
export function traceFinal(output: Tensor): void {
  if (active?.options.outputHiddenStates !== true) return;
  active.final?.dispose();
  active.final = tf.keep(tf.clone(output));
}
