// The answer to POST /v1/chat/completions: messages, or pieces of them.
import { randomBytes } from 'node:crypto';
import type { WriteEvent, WrittenToken } from '../engine/messages.ts';
import {
  answerParser,
  DemandedCallParser,
  type AnswerParser,
  type AnswerPart,
  type ToolCall,
} from '../tools/tool-call-parser.ts';
import type { ToolFormatName } from '../tools/tool-format.ts';
import type { AnswerFormat, Choice } from './answer.ts';
import type { ToolUse } from './chat-tools.ts';

export function chatAnswer({ tools, demanded }: ToolUse, format: ToolFormatName): AnswerFormat {
  const names = tools.map(({ name }) => name);
  const parser = (): AnswerParser | null => {
    if (demanded.length > 0) return new DemandedCallParser();
    return tools.length > 0 ? answerParser(format, names) : null;
  };
  return {
    prefix: 'chatcmpl-',
    object: 'chat.completion',
    chunkObject: 'chat.completion.chunk',
    choice: (index) => new ChatChoice(index, parser(), format),
  };
}

class ChatChoice implements Choice {
  readonly #index: number;
  /** null where the text is the answer as it is. */
  readonly #parser: AnswerParser | null;
  readonly #format: ToolFormatName;
  readonly #calls: object[] = [];
  readonly #logprobs: object[] = [];
  #content = '';
  #hasLogprobs = false;
  #finishReason: string | null = null;

  constructor(index: number, parser: AnswerParser | null, format: ToolFormatName) {
    this.#index = index;
    this.#parser = parser;
    this.#format = format;
  }

  take(event: WriteEvent): object[] {
    switch (event.type) {
      case 'started':
        return [this.#chunk({ role: 'assistant', content: '' })];
      case 'text':
        return this.#takeText(event.text, event.token);
      case 'ended':
        return this.#end(event.finishReason);
      default:
        return [];
    }
  }

  toJSON(): object {
    const hasCalls = this.#calls.length > 0;
    return {
      index: this.#index,
      message: {
        role: 'assistant',
        content: hasCalls && this.#content === '' ? null : this.#content,
        refusal: null,
        ...(hasCalls && { tool_calls: this.#calls }),
      },
      logprobs: this.#hasLogprobs ? { content: this.#logprobs } : null,
      finish_reason: this.#finishReason,
    };
  }

  #takeText(text: string, token: WrittenToken | undefined): object[] {
    const logprobs = token && [logprobOf(token)];
    if (logprobs) {
      this.#hasLogprobs = true;
      this.#logprobs.push(...logprobs);
    }
    const parts = this.#parse(text);
    const deltas = parts.map((part) => this.#delta(part));
    // A token may be told of before its text, which may be half a character or the beginning of a call.
    if (deltas.length === 0 && logprobs) deltas.push({ content: '' });
    return deltas.map((delta, i) => this.#chunk(delta, i === 0 ? logprobs : undefined));
  }

  #end(reason: 'stop' | 'length'): object[] {
    const rest = (this.#parser?.end() ?? []).map((part) => this.#chunk(this.#delta(part)));
    const isCalling = this.#calls.length > 0 && reason === 'stop';
    this.#finishReason = isCalling ? 'tool_calls' : reason;
    return [...rest, this.#chunk({})];
  }

  #parse(text: string): AnswerPart[] {
    if (this.#parser !== null) return this.#parser.push(text);
    return text === '' ? [] : [{ type: 'content', text }];
  }

  #delta(part: AnswerPart): object {
    if (part.type === 'content') {
      this.#content += part.text;
      return { content: part.text };
    }
    const call = callOf(part.call, this.#format);
    this.#calls.push(call);
    return { tool_calls: [{ index: this.#calls.length - 1, ...call }] };
  }

  #chunk(delta: object, logprobs?: object[]): object {
    return {
      index: this.#index,
      delta,
      logprobs: logprobs ? { content: logprobs } : null,
      finish_reason: this.#finishReason,
    };
  }
}

function logprobOf({ token, logprob, bytes, top }: WrittenToken): object {
  return {
    token,
    logprob,
    bytes,
    top_logprobs: top.map((other) => ({
      token: other.token,
      logprob: other.logprob,
      bytes: other.bytes,
    })),
  };
}

function callOf(call: ToolCall, format: ToolFormatName): object {
  // Mistral's templates take ids of nine letters and digits only.
  const id =
    format === 'mistral'
      ? randomBytes(5).toString('hex').slice(0, 9)
      : `call_${randomBytes(12).toString('hex')}`;
  return { id, type: 'function', function: { name: call.name, arguments: call.arguments } };
}
