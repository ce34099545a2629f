// `llm`: finds the command, parses its flags, runs it, and turns errors into exit codes.
// Commands load on demand, so that --help stays fast.
import { createRequire } from 'node:module';
import { InterruptedError, UsageError } from './command.ts';
import type { Command } from './command.ts';
import { commandHelp, overview } from './help.ts';
import { withLocalModels } from './hub-models.ts';
import { didYouMean } from './nearest-name.ts';
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
  const interrupt = () => {
    streams.stderr.write('\nstopping at the next safe point; Ctrl-C again stops at once\n');
    controller.abort(new InterruptedError('interrupted.'));
  };
  process.once('SIGINT', interrupt);
  try {
    const output = new Output(streams, values.json);
    await command.run({
      ...(await withLocalModels(values, output, controller.signal)),
      positionals,
      output,
      signal: controller.signal,
      get input() {
        return streams.stdin ?? process.stdin; // asked for, it is opened
      },
    });
    controller.signal.throwIfAborted();
  } finally {
    process.off('SIGINT', interrupt);
  }
}

/** Package functions name themselves; the command's own name need not stand twice. */
function messageOf(error: unknown, name: string): string {
  const message = error instanceof Error ? error.message : String(error);
  const own = `${name}: `;
  return message.startsWith(own) ? message.slice(own.length) : message;
}

function reportError(error: unknown, name: string, { stderr }: OutputStreams): number {
  const message = messageOf(error, name);
  if (error instanceof UsageError) {
    stderr.write(`llm ${name}: ${message} See \`llm ${name} --help\`.\n`);
    return 2;
  }
  stderr.write(`llm ${name}: ${message}\n`);
  if (process.env['LLM_DEBUG'] && error instanceof Error) stderr.write(`${error.stack}\n`);
  return error instanceof InterruptedError ? 130 : 1;
}

function version(): string {
  const require = createRequire(import.meta.url);
  return (require('@llm/tensor/package.json') as { version: string }).version;
}

/** Runs `llm` and returns its exit code: 0, 1 for a failure, 2 for wrong usage, 130 after Ctrl-C. */
export async function main(
  argv: readonly string[],
  streams: OutputStreams = { stdout: process.stdout, stderr: process.stderr },
): Promise<number> {
  // `llm help pretrain` is `llm pretrain --help`.
  const [name, ...rest] = argv[0] === 'help' && argv[1] ? [argv[1], '--help'] : argv;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    streams.stdout.write(`${overview(COMMANDS.map((entry) => [entry.name, entry.summary]))}\n`);
    return name === undefined ? 2 : 0;
  }
  if (name === '--version') {
    streams.stdout.write(`${version()}\n`);
    return 0;
  }
  const entry = COMMANDS.find((candidate) => candidate.name === name);
  if (!entry) {
    const names = COMMANDS.map((candidate) => candidate.name);
    streams.stderr.write(
      `llm: ${JSON.stringify(name)} is not a command.${didYouMean(name, names)} See \`llm --help\`.\n`,
    );
    return 2;
  }
  try {
    await runCommand(await entry.load(), rest, streams);
    return 0;
  } catch (error) {
    return reportError(error, name, streams);
  }
}
