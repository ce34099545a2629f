// `llm info`: what this machine offers and which backend would run.
import { createRequire } from 'node:module';
import { availableParallelism, cpus, totalmem } from 'node:os';
import type { BackendReport } from '@llm/tensor';
import { defineCommand } from '../command.ts';
import { startBackend } from '../start-backend.ts';

function versionOf(packageName: string): string | undefined {
  try {
    const require = createRequire(import.meta.url);
    return (require(`${packageName}/package.json`) as { version: string }).version;
  } catch {
    return undefined; // an optional peer that is not installed
  }
}

const PACKAGES = ['tokenizer', 'tensor', 'transformer', 'optim', 'align', 'peft', 'memory'];

function machine() {
  return {
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    processor: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    packages: Object.fromEntries(
      PACKAGES.map((name) => [`@llm/${name}`, versionOf(`@llm/${name}`)]),
    ),
  };
}

function describe(report: BackendReport): string[] {
  return report.ladder.map(({ backend, status, reason }) => {
    const mark = status === 'chosen' ? '→' : ' ';
    return `  ${mark} ${backend.padEnd(14)} ${status.padEnd(12)} ${reason}`;
  });
}

export const command = defineCommand({
  name: 'info',
  summary: 'Shows backends, threads, instruction sets and versions.',
  usage: ['info [--backend NAME] [--json]'],
  options: {},
  async run({ values, output }) {
    const report = await startBackend(values);
    const facts = machine();
    output.json({ ...facts, ...report });
    if (output.isJson) return;
    output.line(
      `Node ${facts.node} on ${facts.platform}, ${facts.processor}, ${facts.cores} cores, ${(facts.memoryBytes / 1e9).toFixed(1)} GB memory`,
    );
    const set = report.instructionSet ? `, ${report.instructionSet}` : '';
    const threads = report.threads === 1 ? '1 thread' : `${report.threads} threads`;
    output.line(`Backend ${report.backend} (${threads}${set}): ${report.reason}`);
    output.line('Ladder, best first:');
    for (const line of describe(report)) output.line(line);
    const versions = Object.entries(facts.packages).map(([name, version]) => `${name} ${version}`);
    output.line(`Packages: ${versions.join(', ')}`);
  },
});
