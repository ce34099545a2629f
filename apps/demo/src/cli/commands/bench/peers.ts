// Measures beside peers through the repository's benchmark program, which is no part of a published package.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface PeerOptions {
  readonly kind: string | undefined;
  readonly peer: string | undefined;
  readonly threads: number | undefined;
}

/** A work measured for ours and one peer; seconds. */
export interface PeerResult {
  readonly work: string;
  readonly ours: number;
  readonly peerName: string;
  readonly peer: number;
  /** ours ÷ peer */
  readonly ratio: number;
}

interface Section {
  readonly rows: readonly {
    readonly name: string;
    readonly results: readonly { label: string; seconds: number; ratio: number }[];
  }[];
}

function findProgram(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const program = join(folder, 'tools', 'bench', 'run.mjs');
    if (existsSync(program)) return program;
    if (folder === dirname(folder)) break;
  }
  throw new Error(
    'bench: expected the repository with tools/bench around this program, got none. Clone it, or use --profile.',
  );
}

/** Runs the benchmark; its tables go to `write` as they come. */
export async function measurePeers(
  { kind, peer, threads }: PeerOptions,
  write: (text: string) => void,
): Promise<PeerResult[]> {
  const folder = await mkdtemp(join(tmpdir(), 'llm-bench-'));
  const file = join(folder, 'results.json');
  const flags = [
    ...(kind === undefined ? [] : ['--kind', kind]),
    ...(threads === undefined ? [] : ['--threads', String(threads)]),
  ];
  try {
    await run([findProgram(), ...flags, '--save', file], write);
    const sections = JSON.parse(await readFile(file, 'utf8')) as Section[];
    return resultsOf(sections).filter(({ peerName }) => !peer || peerName.includes(peer));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function run(args: readonly string[], write: (text: string) => void): Promise<void> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => write(text));
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`bench: the benchmark ended with code ${code}.`)),
    );
  });
}

/** The first contestant of a work is ours; each other one is compared with it. */
function resultsOf(sections: readonly Section[]): PeerResult[] {
  return sections.flatMap(({ rows }) =>
    rows.flatMap(({ name, results: [first, ...others] }) =>
      others.map(({ label, seconds, ratio }) => ({
        ...{ work: name, ours: first!.seconds, peerName: label, peer: seconds, ratio },
      })),
    ),
  );
}
