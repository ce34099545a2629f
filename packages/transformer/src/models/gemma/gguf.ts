// Gemma 1 to 3 in GGUF files. llama.cpp scales the scores of the largest Gemma 2 and 3 (told by their
// number of layers) by the hidden size's share of a head, all others by the head size.
import { expectForGguf, float32, type GgufEntries } from '../../gguf/entries.ts';
import type { GgufHeader } from '../../gguf/metadata.ts';
import { ropeFromGguf } from '../../gguf/rope.ts';
import type { DecoderConfig } from '../decoder/config.ts';
import { layerTypesOf, windowPattern, type DecoderGguf } from '../decoder/gguf.ts';

const GEMMA2_PATTERN = 2;
const GEMMA3_PATTERN = 6;
const GEMMA2_27B_LAYERS = 46;
const GEMMA3_27B_LAYERS = 62;
const LOCAL_THETA = 10000;

export const GEMMA_GGUF: DecoderGguf = {
  architecture: 'gemma',
  entries: (config) => {
    expectShared(config, 'gemma');
    return {};
  },
  read: { modelType: 'gemma', fields: () => ({}) },
};

export const GEMMA2_GGUF: DecoderGguf = {
  architecture: 'gemma2',
  entries: (config) => {
    expectShared(config, 'gemma2');
    expectScale(config, 'gemma2', GEMMA2_27B_LAYERS);
    return {
      ...windowEntries(config, 'gemma2', GEMMA2_PATTERN),
      attn_logit_softcapping: float32(config.attentionSoftcap ?? 0),
      final_logit_softcapping: float32(config.logitSoftcap ?? 0),
    };
  },
  read: {
    modelType: 'gemma2',
    fields: (header) => ({
      ...laterFields(header, GEMMA2_PATTERN, GEMMA2_27B_LAYERS),
      attnLogitSoftcapping: header.optional('attn_logit_softcapping') ?? null,
      finalLogitSoftcapping: header.optional('final_logit_softcapping') ?? null,
    }),
  },
};

export const GEMMA3_GGUF: DecoderGguf = {
  architecture: 'gemma3',
  entries: (config) => {
    expectShared(config, 'gemma3');
    expectScale(config, 'gemma3', GEMMA3_27B_LAYERS);
    const isPlain = config.attentionSoftcap === null;
    expectForGguf(isPlain, 'gemma3', 'attnLogitSoftcapping', 'none');
    const local = config.ropes['local']!;
    expectForGguf(local.scaling === null, 'gemma3', 'ropeParameters', 'unscaled local positions');
    return {
      ...windowEntries(config, 'gemma3', GEMMA3_PATTERN),
      'rope.freq_base_swa': float32(local.theta),
      final_logit_softcapping:
        config.logitSoftcap === null ? undefined : float32(config.logitSoftcap),
    };
  },
  read: {
    modelType: 'gemma3_text',
    fields: (header) => {
      const ropeTheta = header.optional('rope.freq_base_swa') ?? LOCAL_THETA;
      const turned = header.number('attention.key_length');
      return {
        ...laterFields(header, GEMMA3_PATTERN, GEMMA3_27B_LAYERS),
        finalLogitSoftcapping: header.optional('final_logit_softcapping') ?? null,
        ropeParameters: {
          fullAttention: ropeFromGguf(header, turned),
          slidingAttention: { ropeType: 'default', ropeTheta },
        },
      };
    },
  },
};

function expectShared(config: DecoderConfig, architecture: string): void {
  const isTanh = config.hiddenAct === 'gelu_pytorch_tanh' || config.hiddenAct === 'gelu_new';
  expectForGguf(isTanh, architecture, 'hiddenActivation', 'gelu_pytorch_tanh');
  expectForGguf(config.tieWordEmbeddings, architecture, 'tieWordEmbeddings', 'true');
  expectForGguf(!config.hasQkvBias, architecture, 'attentionBias', 'false');
}

/** `queryPreAttnScalar`: the number whose root divides the scores. */
function scoreScalar(
  sizes: { hiddenSize: number; heads: number; headDim: number; layers: number },
  largestLayers: number,
): number {
  return sizes.layers === largestLayers ? sizes.hiddenSize / sizes.heads : sizes.headDim;
}

function expectScale(config: DecoderConfig, architecture: string, largestLayers: number): void {
  const { hiddenSize, numAttentionHeads: heads, headDim, numHiddenLayers: layers } = config;
  const scalar = scoreScalar({ hiddenSize, heads, headDim, layers }, largestLayers);
  const isSame = Math.abs(config.attentionScale - scalar ** -0.5) < 1e-6;
  expectForGguf(isSame, architecture, 'queryPreAttnScalar', `${scalar}`);
}

function windowEntries(config: DecoderConfig, architecture: string, usual: number): GgufEntries {
  const pattern = windowPattern(config, architecture);
  const window = config.layers.find((layer) => layer.window !== null)?.window;
  return {
    'attention.sliding_window': window ?? undefined,
    'attention.sliding_window_pattern': pattern === usual ? undefined : pattern,
  };
}

function laterFields(header: GgufHeader, usualPattern: number, largestLayers: number) {
  const layers = header.number('block_count');
  const pattern = header.optional('attention.sliding_window_pattern') ?? usualPattern;
  const heads = header.number('attention.head_count');
  const hiddenSize = header.number('embedding_length');
  const headDim = header.optional('attention.key_length') ?? hiddenSize / heads;
  return {
    slidingWindow: header.number('attention.sliding_window'),
    layerTypes: layerTypesOf(layers, pattern),
    queryPreAttnScalar: scoreScalar({ hiddenSize, heads, headDim, layers }, largestLayers),
  };
}
