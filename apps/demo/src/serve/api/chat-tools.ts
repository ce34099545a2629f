// The functions that a request lets the model call, and whether it must.
import type { ToolFunction } from '../engine/messages.ts';
import { unsupported, wrongField } from '../http/api-error.ts';
import type { Fields } from './fields.ts';
import { isObject } from './fields.ts';

export interface ToolUse {
  /** What the model is told of; none where tool_choice is none. */
  readonly tools: readonly ToolFunction[];
  /** One of which it must call. */
  readonly demanded: readonly ToolFunction[];
}

const NAME = /^[\w.-]{1,64}$/;

export function readTools(fields: Fields): ToolUse {
  if (fields.get('functions') !== undefined)
    throw unsupported('functions', 'expected none, for it is no longer OpenAI’s. Use tools.');
  const tools = (fields.objects('tools') ?? []).map(readTool);
  const choice = fields.get('tool_choice') ?? 'auto';
  if (choice === 'none') return { tools: [], demanded: [] };
  if (choice === 'auto') return { tools, demanded: [] };
  if (tools.length === 0) throw wrongField('tool_choice', 'none without tools', choice);
  if (choice === 'required') return { tools, demanded: tools };
  return { tools, demanded: [named(tools, choice)] };
}

function named(tools: readonly ToolFunction[], choice: unknown): ToolFunction {
  const call = isObject(choice) && choice['type'] === 'function' ? choice['function'] : undefined;
  const name = isObject(call) ? call['name'] : undefined;
  const tool = tools.find((candidate) => candidate.name === name);
  if (tool !== undefined) return tool;
  const names = tools.map((candidate) => candidate.name).join(', ');
  throw wrongField('tool_choice', `none, auto, required, or a function among ${names}`, choice);
}

function readTool(tool: Fields): ToolFunction {
  if (tool.get('type') !== 'function') throw tool.wrong('type', 'function');
  const given = tool.object('function');
  const name = given?.string('name');
  if (given === undefined || name === undefined || !NAME.test(name))
    throw wrongField(tool.param('function.name'), 'letters, digits, _, - and ., 64 at most', name);
  const description = given.string('description');
  const parameters = given.json('parameters');
  return {
    name,
    ...(description !== undefined && { description }),
    ...(parameters !== undefined && { parameters }),
  };
}
