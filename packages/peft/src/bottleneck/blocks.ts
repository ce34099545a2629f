// The blocks of a pre-norm transformer: x + block(norm(x)).

import type { nn } from '@llm/tensor';
import { AdaptedLayer } from '../adapter/adapted-layer.ts';
import type { Layer } from '../adapter/layer-part.ts';
import { AdapterError } from '../errors.ts';

/** What the library calls the places. */
export type Place = 'attention_adapters' | 'output_adapters';

export interface Block {
  readonly place: Place;
  /** Paths in this model. */
  readonly path: string;
  readonly normPath: string;
  /** The number of the layer that it is in. */
  readonly number: number;
  /** C */
  readonly channels: number;
}

/** Names of block and norm, as Transformers has them. */
const NAMES: readonly (readonly [block: string, norm: string, place: Place])[] = [
  ['self_attn', 'input_layernorm', 'attention_adapters'],
  ['mlp', 'post_attention_layernorm', 'output_adapters'],
  ['attn', 'ln_1', 'attention_adapters'],
  ['mlp', 'ln_2', 'output_adapters'],
];

/** Norms behind a block: such models are built otherwise. */
const OTHER_NORMS = ['pre_feedforward_layernorm', 'post_feedforward_layernorm'];

/** Every block of the model, in order. Throws AdapterError for a model without such blocks. */
export function findBlocks(model: nn.Module, moduleName: (path: string) => string): Block[] {
  const modules = new Map(model.namedModules());
  const pathOf = new Map(Array.from(modules.keys(), (path) => [moduleName(path), path]));
  const blocks: Block[] = [];
  for (const [name, path] of pathOf) {
    const at = name.lastIndexOf('.');
    const layer = name.slice(0, at);
    if (OTHER_NORMS.some((norm) => pathOf.has(`${layer}.${norm}`))) continue;
    for (const [block, norm, place] of NAMES) {
      const normPath = pathOf.get(`${layer}.${norm}`);
      if (name.slice(at + 1) !== block || normPath === undefined) continue;
      const number = Number(/(?:^|\.)(\d+)$/.exec(layer)?.[1] ?? NaN);
      const [channels] = bare(modules.get(normPath)!).weight!.shape;
      blocks.push({
        place,
        path: outermost(path),
        normPath: outermost(normPath),
        number,
        channels: channels!,
      });
    }
  }
  if (blocks.length > 0) return blocks;
  throw new AdapterError(
    'bottleneck: model: expected layers of a norm, attention, a norm and a feed-forward block, as of Llama or GPT-2, ' +
      'got none. Use LoRA, which needs only linear layers.',
  );
}

function bare(module: nn.Module): Layer {
  return module instanceof AdaptedLayer ? module.baseLayer : (module as Layer);
}

/** The path of the site around a layer, where that is adapted already. */
function outermost(path: string): string {
  return path.replace(/(\.baseLayer)+$/, '');
}
