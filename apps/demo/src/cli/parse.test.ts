import { describe, expect, it } from 'vitest';
import { defineCommand, UsageError } from './command.ts';
import { commandHelp } from './help.ts';
import { parseCommand } from './parse.ts';

const command = defineCommand({
  name: 'sample',
  summary: 'an example',
  usage: ['sample --out DIR'],
  options: {
    out: { type: 'string', description: 'folder', placeholder: 'DIR', required: true },
    data: { type: 'string', description: 'files', multiple: true },
    steps: { type: 'integer', description: 'steps', default: 10, minimum: 1 },
    rate: { type: 'number', description: 'rate', default: 0.5 },
    arch: { type: 'string', description: 'family', choices: ['gpt2', 'llama'], default: 'gpt2' },
  },
  run: async () => {},
});

describe('parseCommand', () => {
  it('fills defaults and converts numbers', () => {
    const { values } = parseCommand(command, [
      '--out',
      'x',
      '--data',
      'a',
      '--data',
      'b',
      '--rate',
      '1e-3',
    ]);
    expect(values).toMatchObject({
      out: 'x',
      data: ['a', 'b'],
      steps: 10,
      rate: 1e-3,
      arch: 'gpt2',
      json: false,
      seed: 42,
    });
  });

  it.each([
    [[], /--out: expected a value/],
    [['--out', 'x', '--steps', '1.5'], /--steps: expected a whole number, got "1.5"/],
    [['--out', 'x', '--steps', '0'], /at least 1/],
    [['--out', 'x', '--rate', 'fast'], /--rate: expected a number, got "fast"/],
    [['--out', 'x', '--arch', 'rnn'], /--arch: expected one of gpt2, llama, got "rnn"/],
    [['--out', 'x', '--oops'], /oops/],
    [['--out', 'x', 'stray'], /unexpected argument "stray"/],
  ])('refuses %j', (argv, message) => {
    expect(() => parseCommand(command, argv)).toThrow(message);
    expect(() => parseCommand(command, argv)).toThrow(UsageError);
  });

  it('lets --help stand alone and describes every option', () => {
    expect(parseCommand(command, ['--help']).values.help).toBe(true);
    const help = commandHelp(command);
    for (const name of ['--out DIR', '--data', '--arch gpt2|llama', '--seed', '--json'])
      expect(help).toContain(name);
  });
});
