// What a kind of adapter (LoRA, prefix tuning, …) has to bring so that it can be added, switched, saved and loaded as
// every other. A method is a folder of its own; ../methods.ts lists them.

import type { Generator, nn } from '@llm/tensor';
import type { AdapterNotes } from '../format/adapter-config.ts';
import type { ConfigFields } from '../format/config-fields.ts';

/** A kind of adapter. `Config` is its checked configuration, plain data. */
export interface AdapterMethod<Config = unknown> {
  /** `peft_type` in adapter_config.json: 'LORA', 'PREFIX_TUNING', … */
  readonly peftType: string;

  /** Every field of adapter_config.json but those that all methods share (see ../format/adapter-config.ts). */
  toFields(config: Config): Record<string, unknown>;

  /** Reads a configuration and checks it. Fields that would change the mathematics in a way that is not here are
   *  errors; fields not named in `toFields` are reported to the caller of loadAdapter.
   *  @throws AdapterError */
  fromFields(fields: ConfigFields): Config;

  /** Puts the adapter's parts into the model, inactive.
   *  @returns the paths of the changed places
   *  @throws AdapterError, with the model as it was */
  insert(model: nn.Module, adapter: NewAdapter<Config>): string[];

  /** @default PEFT's */
  readonly format?: AdapterFormat<Config>;
}

/** What a file says of an adapter besides its configuration. */
export interface AboutAdapter {
  readonly name: string;
  readonly model: nn.Module;
  readonly notes: AdapterNotes;
}

/** Files that are not PEFT's. */
export interface AdapterFormat<Config = unknown> {
  readonly weightsFile: string;
  /** The text of adapter_config.json. */
  configText(config: Config, about: AboutAdapter): string;
  /** The method's fields in a parsed adapter_config.json, if it is of this format. */
  fieldsIn(file: Readonly<Record<string, unknown>>): Record<string, unknown> | undefined;
  /** The key of a tensor when the adapter is called otherwise than in the file. */
  renameKey(key: string, from: string, to: string): string;
}

/** What all parts of one adapter have in common; one object for all of them. */
export interface AdapterInfo<Config = unknown> {
  readonly method: AdapterMethod<Config>;
  readonly config: Config;
  /** Path in this model → path in the Transformers model that PEFT loads. */
  readonly moduleName: (path: string) => string;
  /** Whether it trains when it is active. */
  readonly isTrainable: boolean;
}

/** An adapter on its way into a model. */
export interface NewAdapter<Config = unknown> {
  readonly name: string;
  readonly info: AdapterInfo<Config>;
  /** Source of initial values and of dropout. */
  readonly generator: Generator;
  /** Whether a file fills it: it then has the parameters that are in one, any others are not made. @default false */
  readonly isFinished?: boolean;
}
