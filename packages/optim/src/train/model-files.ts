// How the model itself goes into a checkpoint and comes back: by the caller's `save` and `load`, or by default.

import { nn, type Tensor } from '@llm/tensor';
import { join } from 'node:path';
import { CheckpointError, ConfigError } from '../errors.ts';
import { trainableOf } from '../optimizer.ts';
import { withTensors, writeTensors } from '../run-folder/tensor-file.ts';
import type { CheckpointOptions } from './options.ts';

export interface ModelFiles {
  /** For a checkpoint: all that `load` needs. */
  save(directory: string): Promise<void>;
  load(directory: string): Promise<void>;
  /** For the end of a run: the model as its users want it. */
  saveFinal(directory: string): Promise<void>;
}

/** model.safetensors without `save`; the caller's files with `save` and `load`; both kinds with `save` alone. */
export function modelFiles(model: nn.Module, options: CheckpointOptions): ModelFiles {
  const { save, load } = options;
  if (save && load) return { save, load, saveFinal: save };
  if (load) {
    throw new ConfigError('train: checkpoint.load: expected save beside it, got load alone.');
  }
  if (!save) return wholeModel(model);
  const exact = trainedParameters(model);
  const saveBoth = async (directory: string) => {
    await save(directory);
    await exact.save(directory);
  };
  return { save: saveBoth, load: exact.load, saveFinal: save };
}

/** Every parameter under its snake_case path, as Hugging Face names them. */
function wholeModel(model: nn.Module): ModelFiles {
  const named = () => Array.from(model.namedParameters());
  const save = (directory: string) =>
    writeTensors(
      join(directory, 'model.safetensors'),
      named().map(([path, parameter]) => [nn.toSnakePath(path), parameter]),
    );
  const load = (directory: string) =>
    withTensors(join(directory, 'model.safetensors'), (tensors) => {
      const paths = new Map(named().map(([path]) => [nn.toSnakePath(path), path]));
      fill(model, renamed(tensors, paths), paths.size);
    });
  return { save, load, saveFinal: save };
}

/** Every parameter of a module that is not trained, under its own path, in `<name>.safetensors`. */
export function frozenFiles(name: string, module: nn.Module): Pick<ModelFiles, 'save' | 'load'> {
  const path = (directory: string) => join(directory, `${name}.safetensors`);
  const named = () => Array.from(module.namedParameters());
  return {
    save: (directory) => writeTensors(path(directory), named()),
    load: (directory) =>
      withTensors(path(directory), (tensors) => fill(module, tensors, named().length)),
  };
}

/** The trainable parameters under their own paths. */
function trainedParameters(model: nn.Module): Pick<ModelFiles, 'save' | 'load'> {
  const path = (directory: string) => join(directory, 'parameters.safetensors');
  return {
    save: (directory) => writeTensors(path(directory), trainableOf(model)),
    load: (directory) =>
      withTensors(path(directory), (tensors) => fill(model, tensors, trainableOf(model).length)),
  };
}

/** Loads exactly `expected` tensors, each into a parameter of its name. */
function fill(model: nn.Module, tensors: ReadonlyMap<string, Tensor>, expected: number): void {
  const { unexpected } = model.loadStateDict(tensors, { strict: false });
  if (unexpected.length === 0 && tensors.size === expected) return;
  throw new CheckpointError(
    `train: resume: expected the ${expected} parameters of this model, got ${tensors.size} ` +
      `(unknown: ${unexpected.slice(0, 5).join(', ') || 'none'}). Resume with the model that the run began with.`,
  );
}

function renamed(
  tensors: ReadonlyMap<string, Tensor>,
  names: ReadonlyMap<string, string>,
): Map<string, Tensor> {
  return new Map(Array.from(tensors, ([key, tensor]) => [names.get(key) ?? key, tensor]));
}
