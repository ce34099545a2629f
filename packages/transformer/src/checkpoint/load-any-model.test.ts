import { useBackend } from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { fixture } from '../models/reference-fixture.ts';
import { loadAnyModel } from './load-any-model.ts';

beforeAll(() => useBackend('cpu'));

describe('loadAnyModel', () => {
  it.each([
    ['gemma3-tiny', 'decoder', 'gemma3_text'],
    ['roberta-mlm-tiny', 'encoder', 'roberta'],
    ['t5-tiny', 'encoderDecoder', 't5'],
    ['gpt2-tiny/model.gguf', 'decoder', 'gpt2'],
  ])('%s is a %s', async (name, family, modelType) => {
    const loaded = await loadAnyModel(fixture(name));
    expect(loaded.family).toBe(family);
    expect(loaded.model.config.modelType).toBe(modelType);
    loaded.model.dispose();
  });

  it('says what a folder lacks', async () => {
    await expect(loadAnyModel(fixture('nothing'))).rejects.toThrow('expected a folder or a .gguf');
  });
});
