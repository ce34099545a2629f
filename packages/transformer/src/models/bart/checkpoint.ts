// Names of BART's and Marian's parameters in Hugging Face files.
import { nn } from '@llm/tensor';

/** Parameter path → key. */
export const bartKey = (path: string): string =>
  `model.${nn.toSnakePath(
    path
      .replace('.embeddings.positions', '.embed_positions')
      .replace('.embeddings.norm', '.layernorm_embedding')
      .replace('.selfAttnNorm', '.self_attn_layer_norm')
      .replace('.crossAttnNorm', '.encoder_attn_layer_norm')
      .replace('.crossAttn', '.encoder_attn')
      .replace('.mlpNorm', '.final_layer_norm')
      .replace('.mlp.', '.'),
  )}`;

/** Copies of the shared table, computed positions, and the buffer that is read by itself. */
export const isIgnoredByBart = (key: string, modelType: string): boolean =>
  /(embed_tokens\.weight|lm_head\.weight|^final_logits_bias)$/.test(key) ||
  (modelType === 'marian' && key.endsWith('embed_positions.weight'));
