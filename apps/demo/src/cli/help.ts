// The text of `llm --help` and `llm COMMAND --help`.
import { COMMON_OPTIONS } from './command.ts';
import type { Command, OptionSpec, OptionTable } from './command.ts';

const COLUMN = 30;

function flag(name: string, spec: OptionSpec): string {
  if (spec.type === 'boolean') return `--${name}`;
  const word = spec.placeholder ?? (spec.type === 'string' ? 'TEXT' : 'N');
  return `--${name} ${spec.choices ? spec.choices.join('|') : word}`;
}

function optionLine(name: string, spec: OptionSpec): string {
  const left = `  ${flag(name, spec)}`;
  const notes = [
    spec.required ? 'required' : '',
    spec.multiple ? 'may be given several times' : '',
    spec.default === undefined || spec.type === 'boolean' ? '' : `default ${spec.default}`,
  ].filter((note) => note !== '');
  const right = spec.description + (notes.length > 0 ? ` (${notes.join('; ')})` : '');
  return left.length < COLUMN - 1
    ? left.padEnd(COLUMN) + right
    : `${left}\n${' '.repeat(COLUMN)}${right}`;
}

function optionLines(options: OptionTable): string {
  return Object.entries(options)
    .map(([name, spec]) => optionLine(name, spec))
    .join('\n');
}

export function commandHelp(command: Command): string {
  const usage = command.usage.map((line) => `  llm ${line}`).join('\n');
  const own = optionLines(command.options);
  return [
    command.summary,
    `\nUsage:\n${usage}`,
    own === '' ? '' : `\nOptions:\n${own}`,
    `\nCommon options:\n${optionLines(COMMON_OPTIONS)}`,
  ]
    .filter((part) => part !== '')
    .join('\n');
}

export function overview(summaries: readonly (readonly [string, string])[]): string {
  const lines = summaries.map(([name, summary]) => `  ${name.padEnd(12)}${summary}`).join('\n');
  return [
    'llm: train, align and run language models, with no Python anywhere.',
    `\nUsage:\n  llm COMMAND [options]\n\nCommands:\n${lines}`,
    '\n`llm COMMAND --help` describes one command. Start with `llm demo`.',
  ].join('\n');
}
