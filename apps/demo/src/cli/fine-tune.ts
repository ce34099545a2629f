// What `llm sft` and `llm dpo` have in common: a model, the whole of it or an adapter, learns from rows of
// text that become examples of tokens, and is written with its checkpoints.
import type { DataReport, TrainerOptions } from '@llm/align';
import type { TrainResult } from '@llm/optim';
import { Generator } from '@llm/tensor';
import type { Tokenizer } from '@llm/tokenizer';
import type { CausalLm } from '@llm/transformer';
import { openModel } from '../models/open-model.ts';
import { saveFolder } from '../models/save-folder.ts';
import { stepProgress } from '../pipeline/step-progress.ts';
import { addAdapter, ADAPTER_OPTIONS, hasAdapter, saveTrained } from './adapter-options.ts';
import type { CommandContext } from './command.ts';
import { checkConversations } from './conversation-check.ts';
import { noteDataReport } from './data-report.ts';
import { reportRun } from './report-run.ts';
import { checkRunFolder } from './run-folder-check.ts';
import { startBackend } from './start-backend.ts';
import { exampleLength, FINE_TUNING_OPTIONS } from './training-options.ts';
import { fineTuningOptions, prepareTraining } from './training-options.ts';
import { formTeam, WORKER_OPTIONS, type Team } from './worker-options.ts';

export const MODEL_OR_ADAPTER_OPTIONS = {
  ...FINE_TUNING_OPTIONS,
  ...WORKER_OPTIONS,
  ...ADAPTER_OPTIONS,
} as const;

type Context = Omit<CommandContext<typeof MODEL_OR_ADAPTER_OPTIONS>, 'positionals' | 'input'>;

/** What makes one way of fine-tuning unlike another. */
export interface FineTuning<Row extends object, Example> {
  readonly name: string;
  readonly read: (files: readonly string[]) => Promise<Row[]>;
  readonly tokenize: (
    rows: readonly Row[],
    tokenizer: Tokenizer,
    options: { readonly maxLength: number },
  ) => { readonly examples: Example[]; readonly report: DataReport };
  readonly train: (
    options: TrainerOptions & { readonly model: CausalLm; readonly examples: readonly Example[] },
  ) => Promise<TrainResult>;
  /** Metrics beside the loss on the progress bar. */
  readonly shown: readonly string[];
  /** For people, at the end. */
  readonly done: (steps: number, examples: number) => string;
}

/** Alone, or with the workers that --workers asks for. */
export async function fineTune<Row extends object, Example>(
  { values, output, signal, nameOf }: Context,
  method: FineTuning<Row, Example>,
): Promise<void> {
  const team = await formTeam(values, output, signal);
  if (team === undefined) return; // its workers have done it
  try {
    await fineTuneAs(team, { signal, nameOf }, method);
  } catch (error) {
    team.abort(error);
    throw error;
  } finally {
    await team.close();
  }
}

async function fineTuneAs<Row extends object, Example>(
  { values, output, workers, isFirst }: Team<Context['values']>,
  { signal, nameOf }: Pick<Context, 'signal' | 'nameOf'>,
  { name, read, tokenize, train, shown, done }: FineTuning<Row, Example>,
): Promise<void> {
  const isAdapter = hasAdapter(values);
  if (isFirst) await checkRunFolder(values, output);
  await startBackend(values);
  const rows = await read(values.data);
  const generator = new Generator(values.seed);
  const { model, tokenizer } = await openModel(values.model, { generator });
  const training = fineTuningOptions(values, tokenizer, generator);
  try {
    checkConversations(rows, tokenizer, values.model);
    const maxLength = exampleLength(values, model);
    const { examples, report } = tokenize(rows, tokenizer, { maxLength });
    noteDataReport(output, report, maxLength);
    const nameOfModel = nameOf(values.model);
    addAdapter(model, values, { generator, tokenizer, nameOfModel });
    prepareTraining(model, values);
    const progress = stepProgress(output, name, values.steps, shown);
    const adapter = { isAdapter, baseModel: nameOfModel };
    const result = await train({
      ...training,
      model,
      examples,
      ...(isFirst && {
        checkpoint: {
          directory: values.out,
          every: values['save-every'],
          save: (directory: string) =>
            saveTrained(directory, model, adapter, () => saveFolder(directory, model, tokenizer)),
        },
      }),
      onStep: progress.onStep,
      signal,
      workers,
    });
    progress.finish();
    reportRun(output, values, result, {
      extra: { data: report },
      done: done(result.step, report.examples),
    });
  } finally {
    training.optimizer.dispose();
    model.dispose();
  }
}
