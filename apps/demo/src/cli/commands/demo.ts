// `llm demo`: the whole road on data that ships with the repository.
import { runDemo } from '../../demo/run-demo.ts';
import type { DemoResult } from '../../demo/run-demo.ts';
import { gainLines } from '../../demo/gains-table.ts';
import { oneLine } from '../../demo/sample-answers.ts';
import { FULL, SMALL } from '../../demo/settings.ts';
import { defineCommand } from '../command.ts';
import type { Output } from '../output.ts';
import { formatSeconds } from '../progress.ts';
import { startBackend } from '../start-backend.ts';
import { memoryLines } from './memory.ts';

function printAnswers({ questions, answers }: DemoResult, output: Output): void {
  output.line('\nHeld-out questions, greedy answers:');
  questions.forEach((question, i) => {
    output.line(`\n  ${oneLine(question.replace('\nAnswer:', '').replace('Question: ', ''))}`);
    for (const { stage, answers: texts } of answers) {
      output.line(`    ${stage.padEnd(11)} ${oneLine(texts[i] ?? '')}`);
    }
  });
}

function printResult(result: DemoResult, output: Output): void {
  const { bigram, trigram, model } = result.pretraining.bitsPerByte;
  output.line(
    `\nHeld-out bits per byte: bigram ${bigram.toFixed(3)}, trigram ${trigram.toFixed(3)}, this model ${model.toFixed(3)}`,
  );
  output.line('\nWhat each stage gained on held-out data:');
  for (const line of gainLines(result.gains)) output.line(`  ${line}`);
  output.line(
    '  PPO climbs the reward model, which is not always right: watch exact match beside the reward,',
  );
  output.line('  and the KL that pays for it. DPO stays closer to what it started from.');
  printAnswers(result, output);
  output.line(`\nMemory to serve it (float32, one sequence of 256 tokens):`);
  for (const line of memoryLines(result.memory)) output.line(line);
  output.line(
    `\nDone in ${formatSeconds(result.seconds)}. Everything is in ${result.out}. Try next:`,
  );
  output.line(
    `  npx llm generate --model ${result.out}/dpo --prompt $'Question: What is the capital of Peru?\\nAnswer:' --greedy`,
  );
  output.line(
    `  npx llm generate --model ${result.out}/sft --adapter sentences=${result.out}/lora --prompt $'Question: Where does Peru lie?\\nAnswer:' --greedy`,
  );
  output.line(
    `  npx llm dpo --model ${result.out}/sft --data ${result.out}/preferences/train.jsonl --out runs/my-dpo --steps 50`,
  );
  output.line('  npx llm --help');
}

export const command = defineCommand({
  name: 'demo',
  summary:
    'Walks the whole road: tokenizer, pretraining, SFT, ranking, reward model, PPO, DPO, LoRA, memory.',
  usage: ['demo [--out runs/demo] [--seed N]'],
  options: {
    out: {
      type: 'string',
      description: 'folder of the run',
      placeholder: 'DIR',
      default: 'runs/demo',
    },
    small: { type: 'boolean', description: 'a tiny run that only shows that every stage works' },
  },
  async run({ values, output, signal }) {
    const report = await startBackend(values);
    output.note(`backend ${report.backend}, ${report.threads} threads`);
    const settings = values.small ? SMALL : FULL;
    const result = await runDemo({ settings, out: values.out, seed: values.seed, output, signal });
    output.json(result);
    if (!output.isJson) printResult(result, output);
  },
});
