// The messages of a conversation as chat templates know them.
import type { ChatMessage } from '@llm/tokenizer';
import { unsupported, wrongField } from '../http/api-error.ts';
import type { Fields } from './fields.ts';
import { isObject } from './fields.ts';

const ROLES = ['system', 'developer', 'user', 'assistant', 'tool'];

export function readMessages(fields: Fields): readonly ChatMessage[] {
  const messages = fields.objects('messages');
  if (messages === undefined || messages.length === 0)
    throw wrongField('messages', 'at least one message', fields.get('messages'));
  return messages.map(readMessage);
}

function readMessage(fields: Fields): ChatMessage {
  const role = fields.string('role');
  if (role === undefined || !ROLES.includes(role))
    throw fields.wrong('role', `one of ${ROLES.join(', ')}`);
  const calls = role === 'assistant' ? fields.objects('tool_calls')?.map(readCall) : undefined;
  const hasCalls = calls !== undefined && calls.length > 0;
  const name = fields.string('name');
  const id = fields.string('tool_call_id');
  return {
    role: role === 'developer' ? 'system' : role, // templates know the older name
    content: readContent(fields, hasCalls),
    ...(name !== undefined && { name }),
    ...(hasCalls && { tool_calls: calls }),
    ...(role === 'tool' && id !== undefined && { tool_call_id: id }),
  };
}

/** A text, or parts that are texts, joined. */
function readContent(fields: Fields, mayBeAbsent: boolean): string {
  const content = fields.get('content');
  if (typeof content === 'string') return content;
  if (content === undefined && mayBeAbsent) return '';
  const parts = Array.isArray(content) ? fields.objects('content') : undefined;
  if (parts === undefined) throw fields.wrong('content', 'a string or an array of parts');
  return parts.map(readPart).join('');
}

function readPart(part: Fields): string {
  const type = part.string('type');
  if (type !== 'text' && type !== 'refusal')
    throw unsupported(
      part.param('type'),
      `expected text, for this model reads nothing else, got ${type}.`,
    );
  const text = part.string(type);
  if (text === undefined) throw part.wrong(type, 'a string');
  return text;
}

/** Templates want the arguments as a value, clients send them as JSON. */
function readCall(call: Fields): object {
  const given = call.object('function');
  const name = given?.string('name');
  if (name === undefined) throw wrongField(call.param('function.name'), 'a string', undefined);
  const id = call.string('id');
  return {
    ...(id !== undefined && { id }),
    type: 'function',
    function: { name, arguments: readArguments(given!) },
  };
}

function readArguments(call: Fields): unknown {
  const text = call.string('arguments') ?? '{}';
  try {
    const value: unknown = JSON.parse(text === '' ? '{}' : text);
    if (isObject(value)) return value;
  } catch {
    // said below
  }
  throw call.wrong('arguments', 'an object as JSON');
}
