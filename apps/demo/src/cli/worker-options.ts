// --workers: several processes, on this machine or several, train one model (@llm/optim/distributed). The command
// starts itself again as each worker; worker 0 speaks and writes, the others work.
import { Writable } from 'node:stream';
import {
  dataParallel,
  isWorker,
  joinLaunched,
  launchWorkers,
  threadsPerWorker,
} from '@llm/optim/distributed';
import type { Group, Workers } from '@llm/optim/distributed';
import { UsageError } from './command.ts';
import type { OptionTable } from './command.ts';
import { Output } from './output.ts';

export const WORKER_OPTIONS = {
  workers: {
    type: 'integer',
    description: 'processes on this machine that share each batch',
    default: 1,
    minimum: 1,
  },
  nodes: {
    type: 'integer',
    description: 'machines, each with --workers processes (needs --rendezvous and LLM_TOKEN)',
    default: 1,
    minimum: 1,
  },
  node: { type: 'integer', description: 'which of them this is', default: 0, minimum: 0 },
  rendezvous: {
    type: 'string',
    description: 'host:port of machine 0, the same on all',
    placeholder: 'HOST:PORT',
  },
} as const satisfies OptionTable;

interface WorkerValues {
  readonly workers: number;
  readonly nodes: number;
  readonly node: number;
  readonly rendezvous: string | undefined;
  readonly batch: number;
  readonly accumulation: number;
  readonly threads: number | undefined;
}

/** What a command goes on with: alone, or as one worker. */
export interface Team<Values> {
  /** --batch and --accumulation of one worker's micro-batches, --threads of one worker. */
  readonly values: Values;
  readonly output: Output;
  /** For `train`; none when alone. */
  readonly workers: Workers | undefined;
  /** Whether to say and write things. */
  readonly isFirst: boolean;
  /** Tells the others why this one stops. */
  abort(error: unknown): void;
  close(): Promise<void>;
}

/**
 * Starts the workers and waits for them, where --workers asks for some: then there is nothing more to do, and the
 * result is undefined. Otherwise the team that this process is of.
 */
export async function formTeam<Values extends WorkerValues>(
  values: Values,
  output: Output,
  signal: AbortSignal,
): Promise<Team<Values> | undefined> {
  const size = values.workers * values.nodes;
  if (size === 1)
    return {
      values,
      output,
      workers: undefined,
      isFirst: true,
      abort() {},
      close: () => Promise.resolve(),
    };
  checkShares(values, size);
  if (!isWorker()) {
    await launch(values, signal);
    return undefined;
  }
  const group = await joinLaunched();
  return {
    values: { ...values, ...shareOf(values, size) },
    output: group.rank === 0 ? output : silent(),
    workers: dataParallel(group),
    isFirst: group.rank === 0,
    abort: (error) => group.abort(error instanceof Error ? error : new Error(String(error))),
    close: () => leave(group),
  };
}

async function leave(group: Group): Promise<void> {
  await group.barrier().catch(() => undefined); // the others have failed: they say so themselves
  await group.close();
}

async function launch(values: WorkerValues, signal: AbortSignal): Promise<void> {
  const token = process.env['LLM_TOKEN'];
  if (values.nodes > 1 && (values.rendezvous === undefined || token === undefined)) {
    throw new UsageError(
      '--nodes: expected --rendezvous HOST:PORT and the environment variable LLM_TOKEN with it, got none. ' +
        'Give all machines the same: LLM_TOKEN=$(openssl rand -hex 32).',
    );
  }
  await launchWorkers({
    workers: values.workers,
    nodes: values.nodes,
    node: values.node,
    argv: process.argv.slice(1),
    signal,
    ...(values.rendezvous !== undefined && { address: values.rendezvous }),
    ...(token !== undefined && { token }),
  });
}

/** One update's sequences are shared out; their number stays. */
function shareOf({ batch, accumulation, threads, workers }: WorkerValues, size: number) {
  return {
    batch: batch / size,
    accumulation: accumulation * size,
    threads: threads ?? threadsPerWorker(workers),
  };
}

function checkShares({ batch, node, nodes }: WorkerValues, size: number): void {
  if (batch % size !== 0) {
    throw new UsageError(`--batch: expected a multiple of ${size} workers, got ${batch}.`);
  }
  if (node >= nodes)
    throw new UsageError(`--node: expected less than --nodes ${nodes}, got ${node}.`);
}

/** Says nothing. */
function silent(): Output {
  const nothing = () => new Writable({ write: (_chunk, _encoding, done) => done() });
  return new Output({ stdout: nothing(), stderr: nothing() }, false);
}
