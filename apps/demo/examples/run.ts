// npm run example -- NAME [options]
import { setMatmulPrecision, useBackend } from '@llm/tensor';
import { decoder } from './decoder.ts';
import { entities } from './entities.ts';
import { maskedLm } from './masked-lm.ts';
import { pronunciation } from './pronunciation.ts';
import { helpText, readCommandLine, type ExampleSettings } from './shared/settings.ts';
import { softPrompts } from './soft-prompts.ts';
import { spam } from './spam.ts';
import { translation } from './translation.ts';

const EXAMPLES: Readonly<Record<string, (settings: ExampleSettings) => Promise<object>>> = {
  'masked-lm': maskedLm,
  spam,
  entities,
  decoder,
  pronunciation,
  translation,
  'soft-prompts': softPrompts,
};

async function main(args: readonly string[]): Promise<void> {
  const names = Object.keys(EXAMPLES);
  const { name, settings, isJson, backend, precision } = readCommandLine(args);
  if (name === undefined) return void process.stdout.write(`${helpText(names)}\n`);
  const example = EXAMPLES[name];
  if (example === undefined) {
    throw new Error(`example: expected one of ${names.join(', ')}, got ${name}.`);
  }
  const { threads } = backend;
  const report = await useBackend(backend.name as 'native', threads ? { threads } : {});
  setMatmulPrecision(precision);
  settings.print(`backend ${report.backend}, ${report.threads} threads`);
  const result = await example(settings);
  process.stdout.write(isJson ? `${JSON.stringify(result)}\n` : `${readable(result)}\n`);
}

const readable = (result: object): string =>
  JSON.stringify(
    result,
    (_, value: unknown) => (typeof value === 'number' ? Number(value.toPrecision(4)) : value),
    2,
  );

await main(process.argv.slice(2)).catch((error: unknown) => {
  const text =
    error instanceof Error ? (process.env['LLM_DEBUG'] ? error.stack : error.message) : error;
  process.stderr.write(`example: ${String(text)}\n`);
  process.exitCode = 1;
});
