// What has been said, and how much of it the model still sees. A model reads only so many tokens, so the
// oldest questions fall out of its sight, each with its answer; the system message stays.
import type { ChatMessage } from '@llm/tokenizer';

export interface Fitted {
  readonly ids: readonly number[];
  /** Messages that this call put out of sight. */
  readonly dropped: number;
}

export class Conversation {
  readonly #system: readonly ChatMessage[];
  #turns: ChatMessage[] = [];
  /** First turn that the model sees. */
  #start = 0;

  constructor(system?: string) {
    this.#system = system === undefined ? [] : [{ role: 'system', content: system }];
  }

  /** All that has been said since the beginning or the last reset. */
  get messages(): readonly ChatMessage[] {
    return [...this.#system, ...this.#turns];
  }

  ask(content: string): void {
    this.#turns.push({ role: 'user', content });
  }

  answer(content: string): void {
    this.#turns.push({ role: 'assistant', content });
  }

  /** Takes back a question that got no answer. */
  withdraw(): void {
    this.#turns.pop();
    this.#start = Math.min(this.#start, this.#turns.length);
  }

  reset(): void {
    this.#turns = [];
    this.#start = 0;
  }

  /** The ids of what the model sees, at most `limit` of them unless the last question alone has more.
   *  @param encode writes messages as the model knows them */
  fit(encode: (messages: readonly ChatMessage[]) => readonly number[], limit: number): Fitted {
    const before = this.#start;
    let ids = encode(this.#seen());
    while (ids.length > limit && this.#start + 1 < this.#turns.length) {
      this.#start += 2;
      ids = encode(this.#seen());
    }
    return { ids, dropped: this.#start - before };
  }

  #seen(): readonly ChatMessage[] {
    return [...this.#system, ...this.#turns.slice(this.#start)];
  }
}
