import { Generator, nn, useBackend } from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { defaultTargets } from './default-targets.ts';
import { matchTargets, type TargetRules } from './match-targets.ts';
import { editDistance, nearNames } from './near-names.ts';

class Attention extends nn.Module {
  qProj = new nn.Linear(2, 2, { generator: new Generator(1) });
  kProj = new nn.Linear(2, 2, { generator: new Generator(1) });
}
class Model extends nn.Module {
  embedTokens = new nn.Embedding(3, 2, { generator: new Generator(1) });
  layers = [{ selfAttn: new Attention() }, { selfAttn: new Attention() }];
  norm = new nn.LayerNorm(2, {});
  lmHead = new nn.Linear(2, 3, { generator: new Generator(1) });
}

let model: Model;
beforeAll(async () => {
  await useBackend('cpu');
  model = new Model();
});
const names = (rules: TargetRules) => matchTargets(model, rules).map(({ name }) => name);
const all = [
  'layers.0.self_attn.q_proj',
  'layers.0.self_attn.k_proj',
  'layers.1.self_attn.q_proj',
  'layers.1.self_attn.k_proj',
];

describe('matchTargets', () => {
  it('takes names as exact paths or endings after a dot, in either case', () => {
    expect(names({ targetModules: ['q_proj'] })).toEqual([all[0], all[2]]);
    expect(names({ targetModules: ['qProj'] })).toEqual([all[0], all[2]]);
    expect(names({ targetModules: ['layers.1.self_attn.k_proj'] })).toEqual([all[3]]);
    expect(names({ targetModules: ['lm_head'] })).toEqual(['lm_head']);
    expect(() => names({ targetModules: ['proj'] })).toThrow('matching none'); // not after a dot
  });

  it('takes a pattern that covers the whole path', () => {
    expect(names({ targetModules: /.*\.1\..*(q|k)_proj/ })).toEqual([all[2], all[3]]);
    expect(() => names({ targetModules: /q_proj/ })).toThrow('matching none');
  });

  it('takes all linear layers but the head, and no embedding or norm', () => {
    expect(names({ targetModules: 'all-linear' })).toEqual(all);
  });

  it('leaves out excluded modules and other layers', () => {
    expect(names({ targetModules: 'all-linear', excludeModules: ['k_proj'] })).toEqual([
      all[0],
      all[2],
    ]);
    expect(names({ targetModules: 'all-linear', layersToTransform: [1] })).toEqual([
      all[2],
      all[3],
    ]);
  });

  it('names near names when nothing matches', () => {
    expect(() => names({ targetModules: ['q_porj'] })).toThrow(
      'adapter: targetModules: expected to match some of 6 layers, got [q_porj] matching none. ' +
        'Near names: q_proj, k_proj, lm_head, embed_tokens.',
    );
  });
});

describe('near names', () => {
  it('counts the edits between two words', () => {
    expect(editDistance('kitten', 'sitting')).toBe(3); // k→s, e→i, +g
    expect(editDistance('', 'abc')).toBe(3);
    expect(nearNames('valu', ['query', 'value', 'key', 'value'])).toEqual([
      'value',
      'key',
      'query',
    ]);
  });
});

describe('defaultTargets', () => {
  it('knows the usual layers of a model type, and says when there are none', () => {
    expect(defaultTargets('llama')).toEqual(['q_proj', 'v_proj']);
    expect(defaultTargets('gpt2')).toEqual(['c_attn']);
    expect(() => defaultTargets('phi3')).toThrow('because model type phi3 has no usual ones');
    expect(() => defaultTargets('toString')).toThrow('model type toString has no usual ones');
  });
});
