// How many tokens a request took.
import type { WriteEvent } from '../engine/messages.ts';

export class Usage {
  #promptTokens = 0;
  #cachedTokens = 0;
  #completionTokens = 0;

  /** Counts an event of one text. @param isFirst of the texts for its prompt: a prompt counts once */
  take(event: WriteEvent, isFirst: boolean): void {
    if (event.type === 'started' && isFirst) this.#promptTokens += event.promptTokens;
    if (event.type !== 'ended') return;
    this.#completionTokens += event.completionTokens;
    if (isFirst) this.#cachedTokens += event.cachedTokens;
  }

  get promptTokens(): number {
    return this.#promptTokens;
  }

  get cachedTokens(): number {
    return this.#cachedTokens;
  }

  get completionTokens(): number {
    return this.#completionTokens;
  }

  toJSON(): object {
    return {
      prompt_tokens: this.#promptTokens,
      completion_tokens: this.#completionTokens,
      total_tokens: this.#promptTokens + this.#completionTokens,
      prompt_tokens_details: { cached_tokens: this.#cachedTokens },
    };
  }
}
