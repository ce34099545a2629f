// LoRA as a kind of adapter: how it gets into a model. For its fields in a file, see lora-fields.ts.

import type { nn } from '@llm/tensor';
import { addPart, isEmbedding } from '../adapter/adapted-layer.ts';
import type { Layer } from '../adapter/layer-part.ts';
import type { AdapterMethod, NewAdapter } from '../adapter/method.ts';
import { AdapterError } from '../errors.ts';
import { addSavedModules, addTrainedBiases, findSavedModules } from '../modules/add-modules.ts';
import { isConvolution, matchTargets, type Target } from '../targets/match-targets.ts';
import { layerSettings, type LoraConfig } from './lora-config.ts';
import { LoraConv } from './lora-conv.ts';
import { LoraEmbedding } from './lora-embedding.ts';
import { configFrom, fieldsOf } from './lora-fields.ts';
import { LoraLinear } from './lora-linear.ts';
import type { LoraPart, LoraPartOptions } from './lora-part.ts';

/** Low-rank adaptation (Hu et al. 2021). */
export const lora: AdapterMethod<LoraConfig> = {
  peftType: 'LORA',
  toFields: fieldsOf,
  fromFields: configFrom,

  insert(model: nn.Module, { name, info, generator }: NewAdapter<LoraConfig>): string[] {
    const { config, moduleName } = info;
    const targets = matchTargets(model, config, moduleName);
    for (const target of targets) checkRank(target, config);
    const saved = findSavedModules(model, info, config);
    const parts: [path: string, part: LoraPart][] = [];
    try {
      for (const target of targets) {
        const settings = layerSettings(config, target.name);
        parts.push([target.path, partFor(target.bare, { settings, info, generator })]);
      }
    } catch (error) {
      for (const [, part] of parts) part.dispose();
      throw error;
    }
    for (const [path, part] of parts) addPart(model, path, name, part);
    const savedPaths = addSavedModules(model, { name, info }, saved, config);
    const biases = config.bias === 'all' ? addTrainedBiases(model, { name, info }) : [];
    return [...parts.map(([path]) => path), ...savedPaths, ...biases];
  },
};

/** The part for a layer of this kind. */
export function partFor(layer: Layer, options: LoraPartOptions): LoraPart {
  if (isEmbedding(layer)) return new LoraEmbedding(layer, options);
  if (isConvolution(layer)) return new LoraConv(layer, options);
  return new LoraLinear(layer, options);
}

/** A decomposition has no more ranks than the weight. */
function checkRank({ bare, name }: Target, config: LoraConfig): void {
  const { rank } = layerSettings(config, name);
  const [outputs = 0, inputs = 0] = bare.weight!.shape;
  const most = Math.min(outputs, inputs);
  if (!['pissa', 'olora'].some((init) => String(config.init).startsWith(init)) || rank <= most)
    return;
  throw new AdapterError(
    `lora: rank: expected at most ${most} for ${name} with init '${config.init}', got ${rank}. ` +
      'Lower it, or give the layer one of its own in rankPattern.',
  );
}
