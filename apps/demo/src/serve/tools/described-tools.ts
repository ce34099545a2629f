// Tools for a model whose chat template has no place for them: told in the system's message, and what they
// gave in the user's.
import type { ChatMessage } from '@llm/tokenizer';
import type { ToolFunction } from '../engine/messages.ts';

/** Whether the template reads the variable `tools`. */
export const templateShowsTools = (template: string): boolean => /\btools\b/.test(template);

export function describeTools(
  messages: readonly ChatMessage[],
  tools: readonly ToolFunction[],
): ChatMessage[] {
  const [first, ...rest] = messages;
  const isSystem = first?.role === 'system';
  const before = isSystem ? `${first.content}\n\n` : '';
  const system = { role: 'system', content: before + instructions(tools) };
  return [system, ...(isSystem ? rest : messages).map(plainMessage)];
}

const instructions = (tools: readonly ToolFunction[]): string =>
  [
    'You can call these functions, each described by a line of JSON:',
    ...tools.map((tool) => JSON.stringify(tool)),
    'To call one, answer with nothing but its name and arguments as JSON between tags, and wait for the result:',
    '<tool_call>',
    '{"name": "the function\'s name", "arguments": {"an argument": "its value"}}',
    '</tool_call>',
  ].join('\n');

/** Calls and results as the instructions say they are written. */
function plainMessage(message: ChatMessage): ChatMessage {
  if (message.role === 'tool')
    return { role: 'user', content: `<tool_response>\n${message.content}\n</tool_response>` };
  const calls = message['tool_calls'] as readonly { readonly function: unknown }[] | undefined;
  if (calls === undefined) return message;
  const written = calls.map(
    (call) => `<tool_call>\n${JSON.stringify(call.function)}\n</tool_call>`,
  );
  return { role: message.role, content: [message.content, ...written].filter(Boolean).join('\n') };
}
