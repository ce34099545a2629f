// Tokens as clients see them in log-probabilities: a text and its bytes.
import type { TokenLogprob } from '@llm/transformer';
import { tokenBytes, type Tokenizer } from '@llm/tokenizer';
import type { TokenChoice } from './messages.ts';

export class TokenViews {
  readonly #tokenizer: Tokenizer;
  #bytes: readonly (Uint8Array | undefined)[] | undefined;

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
  }

  /** Of each id the bytes inside a text: also what constraints are compiled for. Worked out when first asked for. */
  get bytes(): readonly (Uint8Array | undefined)[] {
    return (this.#bytes ??= tokenBytes(this.#tokenizer));
  }

  /** Half a character shows as U+FFFD; its bytes are exact. A special token shows its name. */
  of(id: number): { readonly token: string; readonly bytes: number[] } {
    const bytes = this.bytes[id];
    if (bytes !== undefined) return { token: new TextDecoder().decode(bytes), bytes: [...bytes] };
    const token = this.#tokenizer.idToToken(id) ?? '';
    return { token, bytes: [...new TextEncoder().encode(token)] };
  }

  choice({ token, logprob }: TokenLogprob): TokenChoice {
    return { ...this.of(token), logprob };
  }
}
