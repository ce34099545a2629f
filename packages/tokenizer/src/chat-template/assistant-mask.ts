/**
 * Which tokens of a rendered conversation the assistant wrote: what training for chat is about. Found without marks in
 * the template: an answer is what the conversation up to it has more than the prompt that asks for it.
 */
import type { AddedToken } from '../added-tokens/added-token.ts';
import type { Encoding } from '../encoding/encoding.ts';
import { TokenizerError } from '../errors.ts';
import type { ChatMessage } from './apply-chat-template.ts';

export interface EncodedChat {
  readonly text: string;
  readonly ids: readonly number[];
  /** 1 for the tokens of the assistant's answers, the token that ends each included. */
  readonly assistantMask: readonly number[];
}

type Render = (messages: readonly ChatMessage[], addGenerationPrompt: boolean) => string;
type Span = readonly [start: number, end: number];

export function assistantSpans(
  messages: readonly ChatMessage[],
  whole: string,
  render: Render,
  addedTokens: readonly AddedToken[],
): Span[] {
  return messages.flatMap(({ role }, i): Span[] => {
    if (role !== 'assistant') return [];
    const prompt = render(messages.slice(0, i), true);
    const answered = render(messages.slice(0, i + 1), false);
    if (!answered.startsWith(prompt) || !whole.startsWith(answered)) {
      throw new TokenizerError(
        `encodeChat: messages: expected a template that adds each message behind the ones before, got another text before message ${i}. Mask the answers by hand.`,
      );
    }
    return [[prompt.length, answerEnd(answered, addedTokens)]];
  });
}

/** A template may put a newline behind the token that ends an answer; the assistant does not write that. */
function answerEnd(text: string, addedTokens: readonly AddedToken[]): number {
  const trimmed = text.trimEnd();
  const endsInToken = addedTokens.some(
    ({ content, special }) => special && content !== '' && trimmed.endsWith(content),
  );
  return endsInToken ? trimmed.length : text.length;
}

/** 1 for tokens that begin within a span. */
export function maskSpans(encoding: Encoding, spans: readonly Span[]): number[] {
  let span = 0;
  return encoding.offsets.map(([start, end]) => {
    while (span < spans.length && start >= (spans[span] as Span)[1]) span++;
    const current = spans[span];
    return current !== undefined && start >= current[0] && end > start ? 1 : 0;
  });
}
