// Runs the suite of tfjs-core in a process of its own (jasmine's globals would clash with vitest's)
// and reads the report back.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SpecOutcome {
  readonly name: string;
  readonly status: 'passed' | 'failed' | 'pending' | 'excluded';
  readonly messages: readonly string[];
}

export interface SuiteReport {
  readonly specs: number;
  readonly passed: number;
  /** Specs that tfjs-core itself switches off with `xit`. */
  readonly pending: number;
  /** One line for each spec or suite that failed: its name and first message. */
  readonly failures: readonly string[];
}

interface RawReport {
  readonly outcomes: readonly SpecOutcome[];
  readonly overall: readonly string[];
}

export function summarise({ outcomes, overall }: RawReport): SuiteReport {
  const withStatus = (status: SpecOutcome['status']) => outcomes.filter((o) => o.status === status);
  const failed = withStatus('failed').map((o) => `${o.name}: ${o.messages[0] ?? 'no message'}`);
  return {
    specs: outcomes.length,
    passed: withStatus('passed').length,
    pending: withStatus('pending').length,
    failures: [...failed, ...overall],
  };
}

/** The spec of one line of `failures`, without the environment that tfjs puts into its name. */
export function specName(failure: string): string {
  const [name = ''] = failure.split(/: (?=[A-Z])/);
  return name.replace(/ llm-\w+ \{\}/, '').trim();
}

/** `environment` is added to this process's own. */
export function runTfjsSuite(
  backend: string,
  environment: Readonly<Record<string, string>> = {},
): SuiteReport {
  const folder = mkdtempSync(join(tmpdir(), 'tfjs-suite-'));
  try {
    const report = join(folder, 'report.json');
    const script = join(import.meta.dirname, 'run-suite.mjs');
    const { status, stderr } = spawnSync(process.execPath, [script, backend, report], {
      env: { ...process.env, ...environment },
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    if (status !== 0) throw new Error(`tfjs suite on ${backend}: the runner failed.\n${stderr}`);
    return summarise(JSON.parse(readFileSync(report, 'utf8')) as RawReport);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
