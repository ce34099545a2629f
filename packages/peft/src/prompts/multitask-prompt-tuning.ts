// Multitask prompt tuning (Wang et al. 2023, arXiv 2303.02861): one soft prompt P for all tasks, times a matrix of low
// rank for each: Pₜ = P ⊙ (uₜ · vₜ) with uₜ [n, R] and vₜ [R, C].

import { Generator, nn, scope, tf, type Tensor, type Variable } from '@llm/tensor';
import { placesOf } from '../adapter/adapters.ts';
import { insertAdapter } from '../adapter/insert-adapter.ts';
import type { AdapterInfo, AdapterMethod } from '../adapter/method.ts';
import { AdapterError } from '../errors.ts';
import { checkCount, checkFits, embeddingConfig } from './prompt-config.ts';
import { promptFromFields, promptToFields, type PromptConfig } from './prompt-config.ts';
import { PromptPart } from './prompt-part.ts';
import { addPrompt } from './prompt-site.ts';
import { initialVectors, initToFields, type PromptTuningConfig } from './prompt-tuning.ts';

export interface MultitaskPromptOptions {
  readonly numTasks: number;
  /** R. @default 1 */
  readonly numRanks?: number;
  /** n. @default 20 */
  readonly numVirtualTokens?: number;
  /** Of the shared prompt, as for addPromptTuning. @default 'sampleVocab' */
  readonly init?: PromptTuningConfig['init'];
  /** Source of the initial values. @default new Generator(0) */
  readonly generator?: Generator;
}

export interface MultitaskPromptConfig extends PromptTuningConfig {
  readonly numTasks: number;
  readonly numRanks: number;
}

/**
 * Puts a soft prompt with a version for each task before every text and freezes all else; see addPromptTuning. Say
 * which tasks the rows of a batch belong to with setTasks; task 0 until then.
 * @throws AdapterError when the model takes none, the name is taken, or a number is out of range
 */
export function addMultitaskPromptTuning(
  model: nn.Module,
  options: MultitaskPromptOptions,
  name = 'default',
): string[] {
  const { numTasks, numRanks = 1, numVirtualTokens = 20, init = 'sampleVocab' } = options;
  const { generator = new Generator(0) } = options;
  const config = { ...embeddingConfig(model, numVirtualTokens), numTasks, numRanks, init };
  checkTasks(config);
  const info = { config, moduleName: nn.toSnakePath, isTrainable: true };
  const method = multitaskPromptTuning;
  return insertAdapter(model, { name, info: { ...info, method }, generator });
}

/** The task of each row of the coming batches, or one for all.
 *  @throws AdapterError for an unknown task, or an adapter of another kind */
export function setTasks(
  model: nn.Module,
  tasks: number | readonly number[],
  name = 'default',
): void {
  const [place] = placesOf(model, name);
  if (!(place?.part instanceof MultitaskPrompt)) {
    throw new AdapterError(
      `setTasks: name: expected a multitask prompt, got "${name}". Add one with addMultitaskPromptTuning.`,
    );
  }
  place.part.setTasks([tasks].flat());
}

export const multitaskPromptTuning: AdapterMethod<MultitaskPromptConfig> = {
  peftType: 'MULTITASK_PROMPT_TUNING',

  toFields: (config) => ({
    ...promptToFields(config),
    ...initToFields(config.init),
    num_tasks: config.numTasks,
    num_ranks: config.numRanks,
    prompt_tuning_init_state_dict_path: null,
    prompt_tuning_init_task: 0,
  }),

  fromFields: (fields) =>
    checkTasks({
      ...promptFromFields(fields),
      init: 'random',
      numTasks: fields.number('num_tasks', 1),
      numRanks: fields.number('num_ranks', 1),
    }),

  insert(model, { name, info, generator, isFinished = false }) {
    const { config } = info;
    checkFits(config, embeddingConfig(model, config.numVirtualTokens));
    const { numVirtualTokens: rows, init } = config;
    const shared = isFinished
      ? tf.zeros([rows, config.tokenDim])
      : initialVectors(model, { init, rows, generator });
    return [addPrompt(model, name, new MultitaskPrompt(info, shared, generator))];
  },
};

function checkTasks<Config extends PromptConfig & { numTasks: number; numRanks: number }>(
  config: Config,
): Config {
  if (config.numTransformerSubmodules !== 1) {
    throw new AdapterError(
      'prompt: model: expected a decoder, got an encoder–decoder. Multitask prompts stand before what a decoder reads.',
    );
  }
  checkCount('numTasks', config.numTasks);
  checkCount('numRanks', config.numRanks);
  return config;
}

const STD = 0.02; // of the low-rank factors, as PEFT

class MultitaskPrompt extends PromptPart {
  readonly embedding: Variable; // [n, C], shared by all tasks
  readonly prefixTaskCols: Variable; // [tasks, n, R]
  readonly prefixTaskRows: Variable; // [tasks, R, C]
  #tasks: readonly number[] = [0];

  constructor(info: AdapterInfo<MultitaskPromptConfig>, shared: Tensor, generator: Generator) {
    super(info, (embeddings) => ({ embeddings }));
    const { numTasks, numRanks: R, numVirtualTokens: n, tokenDim: C } = info.config;
    this.embedding = nn.parameter(shared);
    this.prefixTaskCols = nn.parameter(generator.normal([numTasks, n, R], 0, STD));
    this.prefixTaskRows = nn.parameter(generator.normal([numTasks, R, C], 0, STD));
  }

  setTasks(tasks: readonly number[]): void {
    const count = this.prefixTaskCols.shape[0]!;
    const wrong = tasks.find((task) => !Number.isInteger(task) || task < 0 || task >= count);
    if (wrong !== undefined || tasks.length === 0) {
      throw new AdapterError(
        `setTasks: tasks: expected integers in [0, ${count}), got ${String(wrong ?? 'none')}. One for each row.`,
      );
    }
    this.#tasks = [...tasks];
  }

  /** Of the rows' tasks: [rows, n, C]. */
  vectors(): Tensor {
    return scope(() => {
      const ids = tf.tensor1d([...this.#tasks], 'int32');
      const factors = tf.matMul(
        tf.gather(this.prefixTaskCols, ids), // [rows, n, R]
        tf.gather(this.prefixTaskRows, ids), // [rows, R, C]
      );
      return tf.mul(tf.expandDims(this.embedding, 0), factors); // [rows, n, C]
    });
  }

  entries(): [string, Variable][] {
    return [
      ['prefix_task_cols', this.prefixTaskCols],
      ['prefix_task_rows', this.prefixTaskRows],
      ['prompt_embeddings', this.embedding],
    ];
  }
}
