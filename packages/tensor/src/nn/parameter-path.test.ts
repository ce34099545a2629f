import { describe, expect, it } from 'vitest';
import { toCamelPath, toSnakePath } from './parameter-path.ts';

const PAIRS = [
  ['model.layers.0.selfAttn.qProj.weight', 'model.layers.0.self_attn.q_proj.weight'],
  ['lmHead.weight', 'lm_head.weight'],
  ['postAttentionLayernorm.weight', 'post_attention_layernorm.weight'],
  ['transformer.h.3.ln_1.bias', 'transformer.h.3.ln_1.bias'],
  ['', ''],
] as const;

describe('parameter paths', () => {
  it.each(PAIRS)('maps %s to %s and back', (camel, snake) => {
    expect(toSnakePath(camel)).toBe(snake);
    expect(toCamelPath(snake)).toBe(camel);
  });
});
