// Where a command's words go. With --json exactly one document is written to stdout and everything
// meant for people goes to stderr; otherwise results go to stdout and progress to stderr.
import { Progress } from './progress.ts';

export interface OutputStreams {
  /** Left out, the process's own. */
  readonly stdin?: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
}

export class Output {
  readonly #streams: OutputStreams;
  readonly isJson: boolean;

  constructor(streams: OutputStreams, isJson: boolean) {
    this.#streams = streams;
    this.isJson = isJson;
  }

  /** Where a person is spoken to while the result goes elsewhere. */
  get terminal(): OutputStreams['stderr'] {
    return this.#streams.stderr;
  }

  /** A line of the command's result; kept off stdout when that carries JSON. */
  line(text = ''): void {
    (this.isJson ? this.#streams.stderr : this.#streams.stdout).write(`${text}\n`);
  }

  /** Part of a line of the result, such as one token of a streamed answer. */
  text(part: string): void {
    (this.isJson ? this.#streams.stderr : this.#streams.stdout).write(part);
  }

  /** News that is not part of the result. */
  note(text: string): void {
    this.#streams.stderr.write(`${text}\n`);
  }

  /** The one JSON document; ignored without --json. */
  json(document: unknown): void {
    if (this.isJson) this.#streams.stdout.write(`${JSON.stringify(document)}\n`);
  }

  /** A progress bar on a terminal, a plain line now and then elsewhere. */
  progress(label: string, total: number): Progress {
    return new Progress(this.#streams.stderr, label, total);
  }
}
