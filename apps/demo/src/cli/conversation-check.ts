// Conversations need a chat template to become text; a model without one cannot learn from them.
import type { Tokenizer } from '@llm/tokenizer';

const isConversation = (value: unknown): boolean => Array.isArray(value);

/** @throws Error when a row, or one of its columns, is a list of messages and the tokenizer has no template */
export function checkConversations(
  rows: readonly (object | string)[],
  tokenizer: Tokenizer,
  path: string,
): void {
  if (tokenizer.chatTemplate !== undefined) return;
  const index = rows.findIndex(
    (row) =>
      isConversation(row) || (typeof row === 'object' && Object.values(row).some(isConversation)),
  );
  if (index < 0) return;
  throw new Error(
    `--data: row ${index + 1} is a conversation: expected a model with a chat template, but ${path} has none. Write the texts as strings, or add chat_template to its tokenizer_config.json.`,
  );
}

/** @throws Error when the tokenizer cannot write a conversation as the model knows it */
export function requireChatTemplate(flag: string, tokenizer: Tokenizer, advice: string): void {
  if (tokenizer.chatTemplate !== undefined) return;
  throw new Error(`${flag}: expected a model with a chat template, got one without. ${advice}`);
}
