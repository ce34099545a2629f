// How families of models write a call of a tool. Which one a model speaks, its chat template shows.
//   hermes   <tool_call>\n{"name": …, "arguments": {…}}\n</tool_call>     Qwen 2.5 and 3, Hermes, SmolLM3
//   mistral  [TOOL_CALLS] [{"name": …, "arguments": {…}}, …]; later also [TOOL_CALLS]name[ARGS]{…}
//   llama    {"name": …, "parameters": {…}}, perhaps after <|python_tag|>  Llama 3.1 and later
// A model whose template knows no tools is told of them, and of the first notation, in the system's message.
import type { ToolFunction } from '../engine/messages.ts';

export type ToolFormatName = 'hermes' | 'mistral' | 'llama';

interface ToolFormat {
  /** What a call begins with, where one is demanded: it becomes part of the prompt. */
  readonly opening: string;
  readonly argumentsKey: 'arguments' | 'parameters';
}

export const TOOL_FORMATS: Readonly<Record<ToolFormatName, ToolFormat>> = {
  hermes: { opening: '<tool_call>\n', argumentsKey: 'arguments' },
  mistral: { opening: '[TOOL_CALLS] [', argumentsKey: 'arguments' },
  llama: { opening: '', argumentsKey: 'parameters' },
};

export function toolFormatOf(chatTemplate: string): ToolFormatName {
  if (chatTemplate.includes('[TOOL_CALLS]')) return 'mistral';
  const isLlama = chatTemplate.includes('<|python_tag|>') || chatTemplate.includes('"parameters":');
  return isLlama && !chatTemplate.includes('<tool_call>') ? 'llama' : 'hermes';
}

/** What a demanded call's text must match, after the format's opening: a call of one of these functions. */
export function callSchema(tools: readonly ToolFunction[], name: ToolFormatName): unknown {
  const { argumentsKey } = TOOL_FORMATS[name];
  const calls = tools.map((tool, i) => ({
    type: 'object',
    properties: {
      name: { const: tool.name },
      [argumentsKey]: moved(
        tool.parameters ?? { type: 'object' },
        `#/anyOf/${i}/properties/${argumentsKey}`,
      ),
    },
    required: ['name', argumentsKey],
    additionalProperties: false,
  }));
  return { anyOf: calls };
}

/** A schema whose references still hold where it is now part of another. */
function moved(schema: unknown, place: string): unknown {
  if (Array.isArray(schema)) return schema.map((item) => moved(item, place));
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => {
      const isReference = key === '$ref' && typeof value === 'string' && value.startsWith('#');
      return [key, isReference ? place + value.slice(1) : moved(value, place)];
    }),
  );
}
