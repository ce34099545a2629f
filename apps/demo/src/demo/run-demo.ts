// The whole road once, stage by stage, each starting from the files that the one before it wrote.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inferenceMemory } from '@llm/memory';
import type { ConfigJson, MemoryBreakdown } from '@llm/memory';
import { writeFileAtomic } from '@llm/tensor/io';
import { Tokenizer, trainBpe } from '@llm/tokenizer';
import type { Output } from '../cli/output.ts';
import { encodeTexts, textsOf } from '../data/token-stream.ts';
import { END_OF_TEXT } from '../pipeline/special-tokens.ts';
import { loadDemoData } from './demo-data.ts';
import type { DemoData } from './demo-data.ts';
import { dpoStage } from './dpo-stage.ts';
import { loraStage } from './lora-stage.ts';
import { ppoStage } from './ppo-stage.ts';
import { pretrainStage } from './pretrain-stage.ts';
import type { PretrainResult } from './pretrain-stage.ts';
import { rankStage } from './rank-stage.ts';
import { RANKING_RULE } from './ranking-rule.ts';
import { rewardStage } from './reward-stage.ts';
import { startRunFolder } from './run-folder.ts';
import { sampleAnswers, sampleQuestions } from './sample-answers.ts';
import type { StageAnswers } from './sample-answers.ts';
import type { DemoSettings } from './settings.ts';
import { sftStage } from './sft-stage.ts';
import type { Gain, StageContext } from './stage.ts';

export interface DemoOptions {
  readonly settings: DemoSettings;
  readonly out: string;
  readonly seed: number;
  readonly output: Output;
  readonly signal: AbortSignal;
}

export interface DemoResult {
  readonly out: string;
  readonly bytesPerToken: number;
  readonly pretraining: PretrainResult;
  readonly gains: readonly Gain[];
  readonly memory: MemoryBreakdown;
  readonly questions: readonly string[];
  readonly answers: readonly StageAnswers[];
  readonly seconds: number;
}

async function trainTokenizer(
  data: DemoData,
  { settings, out, output }: DemoOptions,
): Promise<Tokenizer> {
  const progress = output.progress('tokenizer', settings.vocabSize);
  const trained = await trainBpe(textsOf(data.corpus), {
    vocabSize: settings.vocabSize,
    specialTokens: [END_OF_TEXT],
  });
  const tokenizer = new Tokenizer(trained.definition, {
    bosToken: END_OF_TEXT,
    eosToken: END_OF_TEXT,
    padToken: END_OF_TEXT,
  });
  await tokenizer.save(join(out, 'tokenizer'));
  progress.finish([`${tokenizer.vocabSize} tokens`]);
  return tokenizer;
}

/** Serving the aligned model as it is stored: float32. */
async function servingMemory(folder: string): Promise<MemoryBreakdown> {
  const config = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')) as ConfigJson;
  const options = { weightType: 'F32', kvType: 'F32', activationType: 'F32' };
  return inferenceMemory(config, { batch: 1, contextLength: 256, ...options });
}

/** A stage's result. After Ctrl-C that is the news, not what a stage then misses of an unfinished run. */
async function untilStopped<T>(signal: AbortSignal, stage: Promise<T>): Promise<T> {
  try {
    return await stage;
  } finally {
    signal.throwIfAborted();
  }
}

export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const { settings, out, seed, output, signal } = options;
  const started = Date.now();
  await startRunFolder(out, { seed, settings });
  const data = await loadDemoData(settings, seed);
  const tokenizer = await trainTokenizer(data, options);
  const folder = (name: string): string => join(out, name);
  const context: StageContext = { settings, data, tokenizer, output, seed, signal, folder };
  const heldOut = await encodeTexts(data.heldOutText, tokenizer);
  const pretraining = await untilStopped(signal, pretrainStage(context));
  const sft = await untilStopped(signal, sftStage(context));
  output.note(RANKING_RULE);
  const preferences = await untilStopped(signal, rankStage(context));
  const reward = await untilStopped(signal, rewardStage(context, preferences));
  const ppo = await untilStopped(signal, ppoStage(context));
  const dpo = await untilStopped(signal, dpoStage(context, preferences));
  const lora = await untilStopped(signal, loraStage(context));
  const questions = sampleQuestions(data.heldOutQuestions);
  const result: DemoResult = {
    out,
    bytesPerToken: heldOut.bytes / heldOut.tokens.length,
    pretraining,
    gains: [...pretraining.gains, ...sft, ...reward, ...ppo, ...dpo, ...lora],
    memory: await servingMemory(folder('dpo')),
    questions: questions.map(({ prompt }) => prompt),
    answers: await sampleAnswers(context, questions),
    seconds: (Date.now() - started) / 1000,
  };
  await writeFileAtomic(folder('results.json'), `${JSON.stringify(result, null, 2)}\n`);
  return result;
}
