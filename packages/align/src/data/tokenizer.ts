// What this package needs of a tokenizer. @llm/tokenizer's Tokenizer fits, and so does any object with these
// members: align imports no tokenizer.

/** One turn of a conversation, as in the `messages` column. */
export interface ChatMessage {
  readonly role: string;
  readonly content: string;
}

/** Text ⇄ ids. */
export interface TextTokenizer {
  /** `text` to ids, without adding a BOS or EOS of its own; special tokens written in `text` become their ids. */
  encode(text: string): readonly number[];
  decode(ids: readonly number[]): string;
  /** Appended to every completion that is plain text. Without it nothing is appended. */
  readonly eosTokenId?: number;
  /** Renders a conversation; needed only for rows that hold messages. */
  renderChat?(messages: readonly ChatMessage[], options: { addGenerationPrompt: boolean }): string;
}
