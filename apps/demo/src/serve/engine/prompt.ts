// A prompt as token ids: a conversation in the chat template, a text, a text with a gap, or ids as they are.
import { infillPrompt, TokenizerError } from '@llm/tokenizer';
import type { ChatMessage, Tokenizer } from '@llm/tokenizer';
import { describeTools, templateShowsTools } from '../tools/described-tools.ts';
import type { ChatPrompt, Prompt } from './messages.ts';
import { RefusedError } from './refusal.ts';

/** @throws RefusedError for what the tokenizer or the template refuses */
export function promptIds(prompt: Prompt, tokenizer: Tokenizer, vocabSize: number): number[] {
  const ids = encode(prompt, tokenizer);
  const param = prompt.kind === 'chat' ? 'messages' : 'prompt';
  if (ids.length === 0)
    throw new RefusedError(`${param}: expected at least one token, got none.`, param);
  const wrong = ids.find((id) => id >= vocabSize);
  if (wrong === undefined) return ids;
  throw new RefusedError(
    `${param}: expected token ids below ${vocabSize}, the size of the vocabulary, got ${wrong}.`,
    param,
  );
}

function encode(prompt: Prompt, tokenizer: Tokenizer): number[] {
  if (prompt.kind === 'ids') return [...prompt.ids];
  if (prompt.kind === 'chat') {
    return tokenizer.encode(renderChat(prompt, tokenizer) + prompt.opening, {
      addSpecialTokens: false,
    });
  }
  if (prompt.suffix === undefined) return tokenizer.encode(prompt.text);
  const { text, suffix } = prompt;
  return asRefusal('suffix', () => infillPrompt(tokenizer, text, suffix));
}

/** The conversation up to the beginning of the answer. Where the template has no place for tools, they are
 *  described in the system's message. */
export function renderChat(
  { messages, tools, variables }: ChatPrompt,
  tokenizer: Tokenizer,
): string {
  const isShown = tools.length === 0 || templateShowsTools(tokenizer.chatTemplate ?? '');
  const told: readonly ChatMessage[] = isShown ? messages : describeTools(messages, tools);
  return asRefusal('messages', () =>
    tokenizer.applyChatTemplate(told, {
      addGenerationPrompt: true,
      ...(isShown &&
        tools.length > 0 && {
          tools: tools.map((tool) => ({ type: 'function', function: tool })),
        }),
      variables,
    }),
  );
}

function asRefusal<T>(param: string, fn: () => T): T {
  try {
    return fn();
  } catch (error) {
    if (error instanceof TokenizerError) throw new RefusedError(error.message, param);
    throw error;
  }
}
