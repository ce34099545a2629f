// Fresh encoders and encoder–decoders from a few sizes; new-model.ts makes the decoders.
import type { Generator } from '@llm/tensor';
import type { Tokenizer } from '@llm/tokenizer';
import { createEncoder, createSeq2Seq } from '@llm/transformer';
import type { EncoderModel, Seq2SeqLm } from '@llm/transformer';
import type { Seq2SeqArchitecture } from './architectures.ts';
import type { ModelSizes } from './new-model.ts';
import { endId, padId } from './pretraining-tokenizer.ts';

type Sizes = Omit<ModelSizes, 'architecture'>;

/** Of weights and embeddings: the published 0.02 is meant for widths of 512 and more. */
const spread = (width: number): number => Math.max(0.02, width ** -0.5);

/** A BERT for masked words; the caller disposes it. */
export function newEncoder(
  { hiddenSize, numLayers, numHeads, contextLength }: Sizes,
  tokenizer: Tokenizer,
  generator: Generator,
): EncoderModel {
  const config = {
    ...{ modelType: 'bert', vocabSize: tokenizer.vocabSize, padTokenId: padId(tokenizer) },
    ...{ hiddenSize, intermediateSize: 4 * hiddenSize, initializerRange: spread(hiddenSize) },
    ...{ numHiddenLayers: numLayers, numAttentionHeads: numHeads },
    ...{ maxPositionEmbeddings: contextLength, typeVocabSize: 1 },
    ...{ hiddenDropoutProb: 0, attentionProbsDropoutProb: 0 },
  };
  return createEncoder(config, { task: 'maskedLm', generator });
}

/** A T5 or BART with as many layers in the encoder as in the decoder; the caller disposes it. */
export function newSeq2Seq(
  architecture: Seq2SeqArchitecture,
  sizes: Sizes,
  { tokenizer, generator }: { readonly tokenizer: Tokenizer; readonly generator: Generator },
): Seq2SeqLm {
  const ids = {
    vocabSize: tokenizer.vocabSize,
    padTokenId: padId(tokenizer),
    eosTokenId: endId(tokenizer),
  };
  const json = architecture === 't5' ? t5Json(sizes) : bartJson(sizes);
  const start = architecture === 't5' ? ids.padTokenId : ids.eosTokenId; // as their authors have it
  return createSeq2Seq({ ...json, ...ids, decoderStartTokenId: start }, { generator });
}

const t5Json = ({ hiddenSize, numLayers, numHeads }: Sizes) => ({
  ...{ modelType: 't5', dModel: hiddenSize, dKv: hiddenSize / numHeads, dFf: 4 * hiddenSize },
  ...{ numLayers, numDecoderLayers: numLayers, numHeads, dropoutRate: 0 },
});

const bartJson = ({ hiddenSize, numLayers, numHeads, contextLength }: Sizes) => ({
  ...{ modelType: 'bart', dModel: hiddenSize, maxPositionEmbeddings: contextLength },
  ...{ encoderLayers: numLayers, decoderLayers: numLayers },
  ...{ encoderAttentionHeads: numHeads, decoderAttentionHeads: numHeads },
  ...{ encoderFfnDim: 4 * hiddenSize, decoderFfnDim: 4 * hiddenSize },
  ...{ dropout: 0, initStd: spread(hiddenSize) },
});
