// The run's folder during training: resume from it, log into it, put checkpoints in it.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tensor } from '@llm/tensor';
import { CheckpointError } from '../errors.ts';
import { diskError } from '../run-folder/disk-error.ts';
import { findCheckpoint, type FoundCheckpoint } from '../run-folder/find-checkpoint.ts';
import { listCheckpoints, removeLeftovers } from '../run-folder/list-checkpoints.ts';
import { openMetricsLog, type MetricsLog, type MetricsRecord } from '../run-folder/metrics-log.ts';
import { withTensors, writeTensors } from '../run-folder/tensor-file.ts';
import {
  pruneCheckpoints,
  replaceFolder,
  writeCheckpoint,
} from '../run-folder/write-checkpoint.ts';
import { createEventFile, type EventFile } from '../tensorboard/event-file.ts';
import { frozenFiles, modelFiles, type ModelFiles } from './model-files.ts';
import type { CheckpointOptions } from './options.ts';
import { partsOf, setParts, type RunParts } from './resumable-parts.ts';

const OPTIMIZER_FILE = 'optimizer.safetensors';
const BEST_FOLDER = 'best';

export class RunFolder<Batch> {
  readonly #options: RunParts<Batch>;
  readonly #checkpoint: CheckpointOptions;
  readonly #model: ModelFiles;
  readonly #frozen: readonly Pick<ModelFiles, 'save' | 'load'>[];
  #metrics: MetricsLog | undefined;
  #events: EventFile | undefined;
  #newest: string | undefined;
  /** The update that the run goes on after. */
  resumedFrom = 0;
  rejected: readonly string[] = [];

  private constructor(options: RunParts<Batch>, checkpoint: CheckpointOptions) {
    this.#options = options;
    this.#checkpoint = checkpoint;
    this.#model = modelFiles(options.model, checkpoint);
    const frozen = Object.entries(options.frozen ?? {});
    this.#frozen = frozen.map(([name, module]) => frozenFiles(name, module));
  }

  /** Makes the folder, restores the newest whole checkpoint when asked to, and opens the logs. */
  static async open<Batch>(
    options: RunParts<Batch>,
    checkpoint: CheckpointOptions,
  ): Promise<RunFolder<Batch>> {
    const folder = new RunFolder(options, checkpoint);
    try {
      await folder.#open();
      return folder;
    } catch (error) {
      await folder.close();
      throw error;
    }
  }

  async #open(): Promise<void> {
    const { directory } = this.#checkpoint;
    await this.#guard('the run folder', async () => {
      await mkdir(directory, { recursive: true });
      await removeLeftovers(directory);
    });
    if (this.#options.resume) await this.#resume();
    else await refuseOldCheckpoints(directory);
    await this.#guard('the logs', async () => {
      this.#metrics = await openMetricsLog(directory, this.resumedFrom);
      this.#events = await createEventFile(directory, this.resumedFrom);
    });
  }

  /** Appends one update's numbers to metrics.jsonl and the TensorBoard file. */
  async log(record: MetricsRecord & { readonly step: number }): Promise<void> {
    const { step, ...numbers } = record;
    await this.#guard('the logs', async () => {
      await this.#metrics?.append(record);
      await this.#events?.scalars(step, tagged(numbers));
    });
  }

  /** Hands the optimizer's state of the checkpoint that was found to `use`; nothing for a fresh start. */
  async withOptimizerState(
    use: (tensors: ReadonlyMap<string, Tensor> | undefined) => Promise<void>,
  ): Promise<void> {
    if (this.resumedFrom === 0) return use(undefined);
    await withTensors(join(this.#newest!, OPTIMIZER_FILE), use);
  }

  /** Writes `checkpoint-<step>` and removes what is older than `keep`. */
  async save(step: number, optimizerState: ReadonlyMap<string, Tensor>): Promise<void> {
    const { directory, keep = 2 } = this.#checkpoint;
    const state = { step, steps: this.#options.steps, parts: partsOf(this.#options) };
    await this.#guard(`checkpoint-${step}`, async () => {
      this.#newest = await writeCheckpoint(directory, {
        state,
        writeFiles: async (path) => {
          await this.#model.save(path);
          for (const files of this.#frozen) await files.save(path);
          await writeTensors(join(path, OPTIMIZER_FILE), optimizerState);
        },
      });
      await pruneCheckpoints(directory, keep);
    });
  }

  /** Writes the model into `best/`, in place of an older one. */
  async saveBest(): Promise<void> {
    const { directory } = this.#checkpoint;
    await this.#guard('the best model', () =>
      replaceFolder(join(directory, BEST_FOLDER), (path) => this.#model.saveFinal(path)),
    );
  }

  /** Writes the finished model into the run folder itself. */
  async saveFinal(): Promise<void> {
    const { directory } = this.#checkpoint;
    await this.#guard('the finished model', () => this.#model.saveFinal(directory));
  }

  async close(): Promise<void> {
    await this.#metrics?.close();
    await this.#events?.close();
    this.#metrics = this.#events = undefined;
  }

  async #resume(): Promise<void> {
    const { found, rejected } = await findCheckpoint(this.#checkpoint.directory);
    this.rejected = rejected;
    if (!found && rejected.length > 0) throw allDamaged(this.#checkpoint.directory, rejected);
    if (!found) return;
    await this.#restore(found);
    this.resumedFrom = found.state.step;
    this.#newest = found.directory;
  }

  async #restore({ directory, state }: FoundCheckpoint): Promise<void> {
    await this.#model.load(directory);
    for (const files of this.#frozen) await files.load(directory);
    setParts(this.#options, state.parts, directory);
  }

  /** Runs a write; a refusal of the disk becomes one clear error. */
  async #guard(what: string, write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      const safe = this.#newest
        ? `The last complete checkpoint is ${this.#newest}.`
        : 'No checkpoint had been written yet.';
      throw diskError(error, what, this.#checkpoint.directory, safe);
    }
  }
}

async function refuseOldCheckpoints(directory: string): Promise<void> {
  const [newest] = await listCheckpoints(directory);
  if (newest === undefined) return;
  throw new CheckpointError(
    `train: checkpoint.directory: expected a folder without checkpoints, got ${newest.directory}. ` +
      'Resume that run (resume: true, --resume) or choose another folder.',
  );
}

function allDamaged(directory: string, rejected: readonly string[]): CheckpointError {
  return new CheckpointError(
    `train: resume: expected a whole checkpoint in ${directory}, got only damaged ones: ` +
      `${rejected.join('; ')}. Restore one from a backup, or start again in another folder.`,
  );
}

/** metrics.jsonl names → TensorBoard tags: `gradNorm` → `train/grad_norm`; names with a slash stay. */
function tagged(numbers: Readonly<Record<string, number>>): Record<string, number> {
  const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(
    Object.entries(numbers).map(([name, value]) => [
      name.includes('/') ? name : `train/${snake(name)}`,
      value,
    ]),
  );
}
