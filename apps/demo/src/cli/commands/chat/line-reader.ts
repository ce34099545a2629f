// Lines that a person types at a prompt, or that come through a pipe.
import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';
import { InterruptedError } from '../../command.ts';
import type { CommandContext, OptionTable } from '../../command.ts';

type Streams = Pick<CommandContext<OptionTable>, 'input' | 'output' | 'signal'>;

export class LineReader {
  readonly isTerminal: boolean;
  readonly #interface: Interface;
  readonly #signal: AbortSignal;
  readonly #terminal: NodeJS.WritableStream;
  #answering: AbortController | undefined;
  #isInterrupted = false;

  constructor({ input, output, signal }: Streams) {
    this.isTerminal = input.isTTY === true && output.terminal.isTTY === true;
    this.#signal = signal;
    this.#terminal = output.terminal;
    this.#interface = createInterface({
      input,
      ...(this.isTerminal && { output: output.terminal }),
      terminal: this.isTerminal,
      crlfDelay: Infinity,
      prompt: '> ',
    });
    // A terminal that sends each key by itself sends Ctrl-C as a key, too.
    this.#interface.on('SIGINT', () => this.#interrupt());
    signal.addEventListener('abort', this.#close);
  }

  readonly #close = (): void => this.#interface.close();

  /** Ctrl-C stops an answer, or at the prompt the conversation. */
  #interrupt(): void {
    if (this.#answering) return this.#answering.abort();
    this.#isInterrupted = true;
    this.#close();
  }

  /** What is said next begins a line of its own. */
  #endPrompt(): void {
    if (this.isTerminal) this.#terminal.write('\n');
  }

  /** @throws InterruptedError after Ctrl-C at the prompt */
  async *lines(): AsyncGenerator<string> {
    const lines = this.#interface[Symbol.asyncIterator](); // hears what comes from now on
    try {
      for (;;) {
        if (this.isTerminal) this.#interface.prompt();
        const { value, done } = await lines.next();
        if (done) this.#endPrompt();
        this.#signal.throwIfAborted();
        if (this.#isInterrupted) throw new InterruptedError('interrupted.');
        if (done) return;
        yield value;
      }
    } finally {
      this.#signal.removeEventListener('abort', this.#close);
      this.#close();
    }
  }

  /** Runs `answer` with a signal that aborts at Ctrl-C. @returns whether that happened */
  async interruptible(answer: (signal: AbortSignal) => Promise<void>): Promise<boolean> {
    const controller = new AbortController();
    const forward = (): void => controller.abort(this.#signal.reason);
    this.#signal.addEventListener('abort', forward);
    this.#answering = controller;
    try {
      await answer(controller.signal);
      return false;
    } catch (error) {
      this.#signal.throwIfAborted();
      if (controller.signal.aborted) return true;
      throw error;
    } finally {
      this.#answering = undefined;
      this.#signal.removeEventListener('abort', forward);
    }
  }
}
