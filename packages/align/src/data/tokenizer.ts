// What this package needs of a tokenizer. @llm/tokenizer's Tokenizer fits, and so does any object with these
// members: align imports no tokenizer.

/** One turn of a conversation, as in the `messages` column. */
export interface ChatMessage {
  readonly role: string;
  readonly content: string;
}

/** Text ⇄ ids. */
export interface TextTokenizer {
  /** Special tokens written in `text` become their ids. `addSpecialTokens: false` leaves out what the tokenizer would
   *  add by itself (a BOS): a rendered conversation has its own. */
  encode(text: string, options?: { addSpecialTokens?: boolean }): readonly number[];
  decode(ids: readonly number[]): string;
  /** Appended to every completion that is plain text. Without it nothing is appended. */
  readonly eosTokenId?: number | undefined;
  /** Stands before a text of its own where one is scored without anything before it. */
  readonly bosTokenId?: number | undefined;
  /** Writes a conversation as text; needed only for rows that hold messages. */
  applyChatTemplate?(
    messages: readonly ChatMessage[],
    options: { addGenerationPrompt: boolean },
  ): string;
}
