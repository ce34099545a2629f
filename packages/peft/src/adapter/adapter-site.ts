// Where adapters live: a site is a module in the model's tree that holds, by name, each adapter's part in that place.

import { nn, type Tensor, type Variable } from '@llm/tensor';
import type { AdapterInfo } from './method.ts';

/** One adapter's share in one place of the model. Its parameters are what trains. */
export abstract class AdapterPart extends nn.Module {
  abstract readonly info: AdapterInfo;

  /** The parameters by their keys in adapter_model.safetensors.
   *  @param moduleName the place's path in the Transformers model, `model.layers.0.self_attn.q_proj` */
  abstract entries(moduleName: string): [key: string, parameter: Variable][];

  /** Tensors to be written in the place of parameters with the same keys, for an adapter that is saved in another form; the
   *  caller owns them. @default none */
  replacedEntries(moduleName: string): [key: string, value: Tensor][] {
    void moduleName;
    return [];
  }

  /** Tensors that PEFT expects in the file beside the parameters and that follow from them, so that reading passes them
   *  over; the caller owns them. @default none */
  derivedEntries(moduleName: string): [key: string, value: Tensor][] {
    void moduleName;
    return [];
  }
}

/** A place in the model with parts of adapters. */
export abstract class AdapterSite<Part extends AdapterPart = AdapterPart> extends nn.Module {
  readonly adapters: Record<string, Part> = {};
  /** Names of the adapters that take part, in the order of their sum. */
  active: readonly string[] = [];
  /** Names of the adapters that are added into the base weights at present. */
  merged: readonly string[] = [];

  /** An adapter for each row of a batch, instead of the active ones; see withRowAdapters. */
  rowAdapters: readonly string[] | undefined = undefined;

  /** This place's part of the adapter, if it has one. */
  adapter(name: string): Part | undefined {
    return Object.hasOwn(this.adapters, name) ? this.adapters[name] : undefined;
  }

  /** The parts that take part now, in order: active and not merged. */
  protected activeParts(): Part[] {
    return this.active
      .filter((name) => !this.merged.includes(name))
      .flatMap((name) => this.adapter(name) ?? []);
  }

  /** Takes itself out of the model, which then works as it did without. Does not free the parts. */
  abstract detach(model: nn.Module, path: string): void;
}

/** Every site of a model with its path. */
export function adapterSites(model: nn.Module): [path: string, site: AdapterSite][] {
  return Array.from(model.namedModules()).filter(
    (entry): entry is [string, AdapterSite] => entry[1] instanceof AdapterSite,
  );
}
