// One measured program in its own process. It warms up, prints `ready`, and from then on answers each
// line `run` with one line of JSON, `{"seconds": …}`. Between its turns it is stopped (SIGSTOP), so
// that spinning threads of one contestant cannot slow the other.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));

export class Contestant {
  #child;
  #lines;
  label;

  constructor(description, shape, { threads, python }) {
    this.label = description.label;
    const { backend, settings: own } = description;
    const settings = JSON.stringify({ ...shape, ...own, threads, backend });
    const [program, ...words] = commandOf(description, python);
    // OpenBLAS settings made for old builds would slow a current numpy; torch and llama.cpp ignore them.
    const { OPENBLAS_CORETYPE: _core, OPENBLAS_L2_SIZE: _l2, ...environment } = process.env;
    this.#child = spawn(program, [...words, settings], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: {
        ...environment,
        OMP_NUM_THREADS: String(threads),
        MKL_NUM_THREADS: String(threads),
        ...description.env,
      },
    });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async #next() {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`bench: ${this.label}: the program ended early; its error is above.`);
    return value;
  }

  async ready() {
    while ((await this.#next()) !== 'ready');
    this.#child.kill('SIGSTOP');
  }

  /** @returns {Promise<{seconds: number, bytes?: number}>} one measured unit, and the most memory so far */
  async run() {
    return this.ask('run');
  }

  /** Largest resident memory so far in MiB, parts of mapped files included; NaN where the system does not say. */
  peakMebibytes() {
    try {
      const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
      return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)[1]) / 1024;
    } catch {
      return NaN;
    }
  }

  /** @returns what the contestant answers to a line */
  async ask(line) {
    this.#child.kill('SIGCONT');
    this.#child.stdin.write(`${line}\n`);
    const answer = JSON.parse(await this.#next());
    this.#child.kill('SIGSTOP');
    return answer;
  }

  close() {
    this.#child.kill('SIGKILL');
  }
}

function commandOf({ command, program, flags = [] }, python) {
  const path = join(HERE, program);
  if (command === 'binary') return [path];
  return command === 'python' ? [python, path] : [process.execPath, ...flags, path];
}
