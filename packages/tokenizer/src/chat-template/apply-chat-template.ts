/**
 * Chat templates: the Jinja text that a model comes with, rendered as Transformers renders it (trimmed blocks, left-
 * stripped; variables messages, tools, add_generation_prompt and the special tokens).
 */
import { Template } from '@huggingface/jinja';
import { TokenizerError } from '../errors.ts';
import type { TokenizerRoles } from '../tokenizer-options.ts';

export interface ChatMessage {
  readonly role: string;
  readonly content: string;
  readonly [field: string]: unknown;
}

export interface ApplyChatTemplateOptions {
  /** End with the words that begin the assistant's answer. @default false */
  readonly addGenerationPrompt?: boolean;
  /** Instead of the tokenizer's own template. */
  readonly chatTemplate?: string;
  /** Tool descriptions, given to the template as they are. */
  readonly tools?: readonly unknown[];
  /** Further variables for the template. */
  readonly variables?: Readonly<Record<string, unknown>>;
}

export function renderChatTemplate(
  messages: readonly ChatMessage[],
  roles: TokenizerRoles,
  options: ApplyChatTemplateOptions = {},
): string {
  const source = options.chatTemplate ?? roles.chatTemplate;
  if (source === undefined) {
    throw new TokenizerError(
      'applyChatTemplate: chatTemplate: expected a template, got none. This tokenizer has no chat template; pass one as options.chatTemplate.',
    );
  }
  try {
    return new Template(source).render({
      ...specialTokens(roles),
      messages,
      tools: options.tools ?? null,
      add_generation_prompt: options.addGenerationPrompt ?? false,
      ...options.variables,
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TokenizerError(
      `applyChatTemplate: messages: the template refused them or failed: ${reason}`,
      { cause: error },
    );
  }
}

/** Only those that exist: a template may ask whether `bos_token` is defined. */
function specialTokens(roles: TokenizerRoles): Record<string, string> {
  const tokens: Record<string, string> = {};
  if (roles.bosToken !== undefined) tokens['bos_token'] = roles.bosToken;
  if (roles.eosToken !== undefined) tokens['eos_token'] = roles.eosToken;
  if (roles.padToken !== undefined) tokens['pad_token'] = roles.padToken;
  if (roles.unkToken !== undefined) tokens['unk_token'] = roles.unkToken;
  return tokens;
}
