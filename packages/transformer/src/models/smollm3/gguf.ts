// SmolLM3 in GGUF files: llama.cpp leaves every fourth layer without positions.
import { expectForGguf } from '../../gguf/entries.ts';
import { contextWithinWindows, type DecoderGguf } from '../decoder/gguf.ts';

const INTERVAL = 4;

export const SMOLLM3_GGUF: DecoderGguf = {
  architecture: 'smollm3',
  entries: (config) => {
    const isUsual = config.layers.every(
      ({ rope }, layer) => (rope === null) === ((layer + 1) % INTERVAL === 0),
    );
    expectForGguf(isUsual, 'smollm3', 'noRopeLayers', 'every fourth layer without positions');
    expectForGguf(!config.hasQkvBias, 'smollm3', 'attentionBias', 'false');
    return contextWithinWindows(config);
  },
  read: { modelType: 'smollm3', fields: () => ({ noRopeLayerInterval: INTERVAL }) },
};
