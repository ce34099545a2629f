// The answer to POST /v1/completions: texts, or pieces of them.
import type { ReadToken, WriteEvent } from '../engine/messages.ts';
import type { AnswerFormat, Choice } from './answer.ts';

export const COMPLETION_ANSWER: AnswerFormat = {
  prefix: 'cmpl-',
  object: 'text_completion',
  chunkObject: 'text_completion',
  choice: (index) => new CompletionChoice(index),
};

interface Logprobs {
  readonly tokens: string[];
  readonly token_logprobs: (number | null)[];
  readonly top_logprobs: (Record<string, number> | null)[];
  readonly text_offset: number[];
}

const noLogprobs = (): Logprobs => ({
  tokens: [],
  token_logprobs: [],
  top_logprobs: [],
  text_offset: [],
});

class CompletionChoice implements Choice {
  readonly #index: number;
  readonly #logprobs = noLogprobs();
  #text = '';
  /** Where the next token's text begins. */
  #offset = 0;
  #finishReason: string | null = null;

  constructor(index: number) {
    this.#index = index;
  }

  take(event: WriteEvent): object[] {
    switch (event.type) {
      case 'started':
        return event.promptText === undefined
          ? []
          : [this.#add(event.promptText, event.promptLogprobs ?? [])];
      case 'text':
        return [this.#add(event.text, event.token ? [event.token] : [])];
      case 'ended':
        this.#finishReason = event.finishReason;
        return [this.#add('', [])];
      default:
        return [];
    }
  }

  toJSON(): object {
    return this.#piece(this.#text, this.#logprobs);
  }

  #add(text: string, tokens: readonly ReadToken[]): object {
    this.#text += text;
    const own = noLogprobs();
    for (const token of tokens) {
      for (const logprobs of [own, this.#logprobs]) this.#note(logprobs, token);
      this.#offset += token.token.length;
    }
    return this.#piece(text, own);
  }

  #note(logprobs: Logprobs, { token, logprob, top }: ReadToken): void {
    logprobs.tokens.push(token);
    logprobs.token_logprobs.push(logprob);
    const choices = top.map((choice) => [choice.token, choice.logprob] as const);
    logprobs.top_logprobs.push(logprob === null ? null : Object.fromEntries(choices));
    logprobs.text_offset.push(this.#offset);
  }

  #piece(text: string, logprobs: Logprobs): object {
    return {
      text,
      index: this.#index,
      logprobs: logprobs.tokens.length > 0 ? logprobs : null,
      finish_reason: this.#finishReason,
    };
  }
}
