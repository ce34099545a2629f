/**
 * Which tokens of a rendered conversation the assistant wrote: what training for chat is about. Templates may mark them
 * (`generation-blocks.ts`). Where they do not: an answer is what the conversation up to it has more than the prompt that
 * asks for it.
 */
import type { AddedToken } from '../added-tokens/added-token.ts';
import type { Encoding } from '../encoding/encoding.ts';
import { TokenizerError } from '../errors.ts';
import type { TokenizerRoles } from '../tokenizer-options.ts';
import type { ApplyChatTemplateOptions, ChatMessage } from './apply-chat-template.ts';
import { renderChatTemplate } from './apply-chat-template.ts';
import type { Span } from './generation-blocks.ts';
import { hasGenerationBlocks, maskTouched, renderMarked } from './generation-blocks.ts';

export interface EncodedChat {
  readonly text: string;
  readonly ids: readonly number[];
  /** 1 for the tokens of the assistant's answers, the token that ends each included. */
  readonly assistantMask: readonly number[];
}

type Render = (messages: readonly ChatMessage[], addGenerationPrompt: boolean) => string;

export interface Chat {
  readonly messages: readonly ChatMessage[];
  readonly options: ApplyChatTemplateOptions;
  readonly roles: TokenizerRoles;
}

/** A conversation as ids with its mask. @param encode Gives offsets and adds no tokens. */
export function encodeChat(
  { messages, options, roles }: Chat,
  addedTokens: readonly AddedToken[],
  encode: (text: string) => Encoding,
): EncodedChat {
  const template = options.chatTemplate ?? roles.chatTemplate;
  if (template !== undefined && hasGenerationBlocks(template)) {
    const inputs = JSON.stringify([messages, options]);
    const { text, spans } = renderMarked(template, inputs, (chatTemplate) =>
      renderChatTemplate(messages, roles, { ...options, chatTemplate }),
    );
    const encoding = encode(text);
    return { text, ids: encoding.ids, assistantMask: maskTouched(encoding, spans) };
  }
  const render = (part: readonly ChatMessage[], addGenerationPrompt: boolean): string =>
    renderChatTemplate(part, roles, { ...options, addGenerationPrompt });
  const text = renderChatTemplate(messages, roles, options);
  const spans = assistantSpans(messages, text, render, addedTokens);
  const encoding = encode(text);
  return { text, ids: encoding.ids, assistantMask: maskSpans(encoding, spans) };
}

function assistantSpans(
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
function maskSpans(encoding: Encoding, spans: readonly Span[]): number[] {
  let span = 0;
  return encoding.offsets.map(([start, end]) => {
    while (span < spans.length && start >= (spans[span] as Span)[1]) span++;
    const current = spans[span];
    return current !== undefined && start >= current[0] && end > start ? 1 : 0;
  });
}
