// Prompt + completion → ids and the place where the completion starts.
//
// The prompt and the whole text are tokenised separately and cut where they diverge (TRL's rule): a merge across the
// border ("a" + "b" → one token "ab") then belongs to the completion, so that every completion token is trained and
// the model sees the tokens that it will see when it generates. Texts get the EOS id if they don't end in it;
// conversations get what their template writes.
import { DataError } from '../errors.ts';
import { commonPrefixLength } from './common-prefix.ts';
import type { Text } from './rows.ts';
import type { ChatMessage, TextTokenizer } from './tokenizer.ts';

export interface TokenizedCompletion {
  /** Prompt and completion. */
  readonly inputIds: readonly number[];
  /** Index of the first completion token. */
  readonly completionStart: number;
  /** The tokenised prompt is not a prefix of inputIds. */
  readonly boundaryMoved: boolean;
}

/** @throws DataError where the rows hold messages and the tokenizer renders none */
export function tokenizeCompletion(
  tokenizer: TextTokenizer,
  prompt: Text,
  completion: Text,
): TokenizedCompletion {
  const promptIds = tokenizePrompt(tokenizer, prompt);
  const inputIds =
    typeof prompt === 'string' && typeof completion === 'string'
      ? withEos(tokenizer, tokenizer.encode(prompt + completion))
      : render(tokenizer, [...messages(prompt), ...messages(completion)], false);
  const completionStart = commonPrefixLength(promptIds, inputIds);
  return { inputIds, completionStart, boundaryMoved: completionStart < promptIds.length };
}

/** The ids that generation starts from. */
export function tokenizePrompt(tokenizer: TextTokenizer, prompt: Text): readonly number[] {
  return typeof prompt === 'string'
    ? tokenizer.encode(prompt)
    : render(tokenizer, prompt, prompt.at(-1)?.role !== 'assistant');
}

/** Renders and tokenises a conversation. */
export function render(
  tokenizer: TextTokenizer,
  turns: readonly ChatMessage[],
  addGenerationPrompt: boolean,
): readonly number[] {
  if (turns.length === 0) return [];
  if (!tokenizer.applyChatTemplate) {
    throw new DataError(
      'tokenize: messages: expected a tokenizer with applyChatTemplate, got one without. ' +
        'Pass a tokenizer that has a chat template, or write prompt and completion as strings.',
    );
  }
  return tokenizer.encode(tokenizer.applyChatTemplate(turns, { addGenerationPrompt }), {
    addSpecialTokens: false,
  });
}

function withEos(tokenizer: TextTokenizer, ids: readonly number[]): readonly number[] {
  const { eosTokenId } = tokenizer;
  return eosTokenId === undefined || ids.at(-1) === eosTokenId ? ids : [...ids, eosTokenId];
}

function messages(text: Text): readonly ChatMessage[] {
  return typeof text === 'string' ? [] : text;
}
