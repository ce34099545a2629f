// `llm`: finds the command, parses its flags, runs it, and turns errors into exit codes.
// Commands load on demand, so that --help stays fast.
import { UsageError } from './command.ts';
import type { Command } from './command.ts';
import { commandHelp, overview } from './help.ts';
import { Output } from './output.ts';
import type { OutputStreams } from './output.ts';
import { parseCommand } from './parse.ts';
import { COMMANDS } from './registry.ts';

async function runCommand(command: Command, argv: readonly string[], streams: OutputStreams) {
  const { values, positionals } = parseCommand(command, argv);
  if (values.help) {
    streams.stdout.write(`${commandHelp(command)}\n`);
    return;
  }
  const controller = new AbortController();
  const interrupt = () => controller.abort(new Error('interrupted'));
  process.once('SIGINT', interrupt);
  try {
    const output = new Output(streams, values.json);
    await command.run({ values, positionals, output, signal: controller.signal });
  } finally {
    process.off('SIGINT', interrupt);
  }
}

function reportError(error: unknown, name: string, streams: OutputStreams): number {
  if (error instanceof UsageError) {
    streams.stderr.write(`llm ${name}: ${error.message} See \`llm ${name} --help\`.\n`);
    return 2;
  }
  const message = error instanceof Error ? error.message : String(error);
  streams.stderr.write(`llm ${name}: ${message}\n`);
  if (process.env['LLM_DEBUG'] && error instanceof Error) streams.stderr.write(`${error.stack}\n`);
  return 1;
}

/** Runs `llm` and returns its exit code: 0, 1 for a failure, 2 for wrong usage. */
export async function main(
  argv: readonly string[],
  streams: OutputStreams = { stdout: process.stdout, stderr: process.stderr },
): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === 'help') {
    streams.stdout.write(`${overview(COMMANDS.map((entry) => [entry.name, entry.summary]))}\n`);
    return name === undefined ? 2 : 0;
  }
  const entry = COMMANDS.find((candidate) => candidate.name === name);
  if (!entry) {
    streams.stderr.write(`llm: ${JSON.stringify(name)} is not a command. See \`llm --help\`.\n`);
    return 2;
  }
  try {
    await runCommand(await entry.load(), rest, streams);
    return 0;
  } catch (error) {
    return reportError(error, name, streams);
  }
}
