/** Chooses and starts a backend: the one asked for, or the best that works here, and says why. */
import * as tf from '@tensorflow/tfjs-core';
import { UnsupportedError } from '../errors/errors.ts';
import { registerFusedGradients, registerFusedKernels } from '../kernels/register.ts';
import { LADDER, rungNamed } from './ladder.ts';
import { registerTfjsGradients } from './register-gradients.ts';
import type { BackendName, BackendOptions, BackendReport, LadderRung } from './report.ts';
import { reasonOf, type Rung, type StartedBackend } from './rung.ts';

/**
 * Selects the backend that all tf operations then run on, and registers tfjs's gradients and our
 * kernels for it. Calling it again switches; tensors move with the next operation on them.
 * @param name a rung of the ladder. @default the environment's LLM_BACKEND, else the best that works
 * @throws UnsupportedError when the one asked for does not work here, or none of that name exists
 */
export async function useBackend(
  name?: BackendName,
  options: BackendOptions = {},
): Promise<BackendReport> {
  checkThreads(options.threads);
  const fromEnvironment = globalThis.process?.env?.['LLM_BACKEND'];
  const forced = name ?? (fromEnvironment || undefined);
  if (forced === undefined) return climb(options);
  const rung = rungNamed(forced);
  if (rung === undefined) throw unknownBackend(forced);
  const why = name === undefined ? `LLM_BACKEND=${forced}` : 'asked for by name';
  return startForced(rung, why, options);
}

async function climb(options: BackendOptions): Promise<BackendReport> {
  const ladder: LadderRung[] = [];
  for (const rung of LADDER) {
    const probe = await rung.probe();
    if (!probe.isAvailable) {
      ladder.push({ backend: rung.backend, status: 'unavailable', reason: probe.reason });
      continue;
    }
    try {
      const started = await activate(rung, options);
      return report(rung, started, `the best that works here: ${probe.reason}`, ladder);
    } catch (error) {
      ladder.push({ backend: rung.backend, status: 'unavailable', reason: reasonOf(error) });
    }
  }
  const reasons = ladder.map(({ backend, reason }) => `${backend}: ${reason}`).join('; ');
  throw new UnsupportedError(
    `useBackend: expected a backend that works here, got none: ${reasons}`,
  );
}

async function startForced(rung: Rung, why: string, options: BackendOptions) {
  let started: StartedBackend;
  try {
    started = await activate(rung, options);
  } catch (error) {
    throw new UnsupportedError(
      `useBackend: ${rung.backend}: expected a backend that works here, got: ${reasonOf(error).replace(/\.$/, '')}. ` +
        'Call useBackend() without a name for the best that does.',
      { cause: error },
    );
  }
  return report(rung, started, why, []);
}

async function activate(rung: Rung, options: BackendOptions): Promise<StartedBackend> {
  await registerTfjsGradients();
  const started = await rung.start(options);
  if (!(await tf.setBackend(started.tfjsName))) throw new Error(`${rung.backend} does not start`);
  registerFusedKernels(started.tfjsName);
  registerFusedGradients();
  return started;
}

function report(
  rung: Rung,
  started: StartedBackend,
  reason: string,
  passedOver: LadderRung[],
): BackendReport {
  const { threads, instructionSet } = started;
  const seen = new Set(passedOver.map(({ backend }) => backend));
  const ladder = LADDER.map(({ backend }): LadderRung => {
    if (backend === rung.backend) return { backend, status: 'chosen', reason };
    if (!seen.has(backend)) return { backend, status: 'not tried', reason: 'not needed' };
    return passedOver.find((passed) => passed.backend === backend) as LadderRung;
  });
  return { backend: rung.backend, reason, threads, instructionSet, ladder };
}

function checkThreads(threads: number | undefined): void {
  if (threads === undefined || (Number.isInteger(threads) && threads >= 1 && threads <= 256))
    return;
  throw new UnsupportedError(
    `useBackend: threads: expected an integer from 1 to 256, got ${threads}. Leave it out to use every core.`,
  );
}

function unknownBackend(name: string): UnsupportedError {
  const names = [...LADDER.map(({ backend }) => backend), 'meta'].join(', ');
  return new UnsupportedError(
    `useBackend: name: expected one of ${names}, got ${name}. Check the spelling or LLM_BACKEND.`,
  );
}
