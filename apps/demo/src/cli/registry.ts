// The commands of `llm`, each loaded only when it is run.
import type { Command } from './command.ts';

export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  load(): Promise<Command>;
}

// A command's option types are its own business; the registry only starts it.
const entry = (name: string, summary: string, load: () => Promise<{ command: unknown }>) => ({
  name,
  summary,
  load: async () => (await load()).command as Command,
});

export const COMMANDS: readonly CommandEntry[] = [
  entry(
    'info',
    'backends, threads, instruction sets, versions',
    () => import('./commands/info.ts'),
  ),
  entry(
    'tokenizer',
    'train a tokenizer, or use one by itself',
    () => import('./commands/tokenizer.ts'),
  ),
  entry('memory', 'what a model takes to serve or train', () => import('./commands/memory.ts')),
];
