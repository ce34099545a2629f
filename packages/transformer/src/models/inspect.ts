// Attention maps and hidden states of any family, for pages that show them and for learners. Checked
// against Transformers' output_attentions and output_hidden_states.
import { scope, tf, type Tensor } from '@llm/tensor';
import { CausalLm } from './causal-lm.ts';
import type { EncoderOptions } from './encoder/body.ts';
import type { EncoderModel } from './encoder/model.ts';
import type { ForwardOptions } from './forward-pass.ts';
import type { Seq2SeqLm } from './seq2seq/seq2seq-lm.ts';
import { Trace, traced, type TraceOptions } from './trace.ts';

/** The caller owns all tensors. */
export interface Inspection {
  /** Of a language model the logits [B, T, V]; of an encoder what `forward` gives. */
  readonly output: Tensor;
  /** Layers + 1 of [B, T, C]: what goes into each layer, then what comes out in the end, after the last
   *  norm if there is one. Empty unless asked for. */
  readonly hiddenStates: readonly Tensor[];
  /** Of each layer [B, H, T, S]: how a token's head shares itself out over the tokens it sees. Empty unless
   *  asked for. */
  readonly attentions: readonly Tensor[];
}

/** A forward pass with what happened inside.
 *  @example const { attentions } = inspect(model, ids, { outputAttentions: true }); */
export function inspect(
  model: CausalLm | EncoderModel,
  inputIds: Tensor,
  options: TraceOptions & (ForwardOptions | EncoderOptions) = {},
): Inspection {
  const trace = new Trace(options);
  const output = traced(trace, () =>
    model instanceof CausalLm
      ? outputOf(model, inputIds, { options, trace })
      : model.forward(inputIds, options),
  );
  return { output, hiddenStates: statesOf(trace), attentions: trace.attentions };
}

/** The final state of a decoder is what its logits are made of: after the last norm. */
function outputOf(
  model: CausalLm,
  inputIds: Tensor,
  { options, trace }: { readonly options: ForwardOptions; readonly trace: Trace },
): Tensor {
  return scope(() => {
    const hidden = model.hiddenStates(inputIds, options);
    if (trace.options.outputHiddenStates === true) {
      trace.final?.dispose();
      trace.final = tf.keep(tf.clone(hidden));
    }
    return model.logits(hidden);
  });
}

/** The caller owns all tensors. */
export interface Seq2SeqInspection {
  /** [B, T, V] */
  readonly logits: Tensor;
  readonly encoderHiddenStates: readonly Tensor[];
  readonly encoderAttentions: readonly Tensor[];
  readonly decoderHiddenStates: readonly Tensor[];
  readonly decoderAttentions: readonly Tensor[];
  /** Of each layer of the decoder [B, H, T, S]: which tokens of the source it reads. */
  readonly crossAttentions: readonly Tensor[];
}

/** The same for an encoder–decoder, with teacher forcing.
 *  @param inputIds the source [B, S] @param decoderIds what the decoder reads [B, T] */
export function inspectSeq2Seq(
  model: Seq2SeqLm,
  inputIds: Tensor,
  decoderIds: Tensor,
  options: TraceOptions & { readonly attentionMask?: Tensor } = {},
): Seq2SeqInspection {
  const { attentionMask } = options;
  const [encoder, decoder] = [new Trace(options), new Trace(options)];
  const logits = scope(() => {
    const encoded = traced(encoder, () => model.encode(inputIds, attentionMask));
    try {
      const memory = model.remember(encoded, attentionMask);
      return traced(decoder, () => model.decode(decoderIds, memory));
    } catch (error) {
      encoder.dispose();
      throw error;
    }
  });
  return {
    logits,
    encoderHiddenStates: statesOf(encoder),
    encoderAttentions: encoder.attentions,
    decoderHiddenStates: statesOf(decoder),
    decoderAttentions: decoder.attentions,
    crossAttentions: decoder.crossAttentions,
  };
}

const statesOf = ({ hiddenStates, final }: Trace): Tensor[] =>
  final === null ? hiddenStates : [...hiddenStates, final];
