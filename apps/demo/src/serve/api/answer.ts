// How a request's texts become a response: whole, or piece by piece in a stream.
import type { WriteEvent } from '../engine/messages.ts';

/** One of the texts that a request asked for. */
export interface Choice {
  /** What a stream sends for an event, in order; often nothing. */
  take(event: WriteEvent): object[];
  /** The whole, once the text has ended. */
  toJSON(): object;
}

/** What differs between chats and completions. */
export interface AnswerFormat {
  /** Begins an id. */
  readonly prefix: string;
  readonly object: string;
  /** The same word in a stream. */
  readonly chunkObject: string;
  choice(index: number): Choice;
}
