// Stage 4: the fine-tuned model answers each prompt several times; the rule ranks the answers.
import { mkdir } from 'node:fs/promises';
import { rankSamples, sampleTexts } from '@llm/align';
import type { Preference } from '@llm/align';
import { writeFileAtomic } from '@llm/tensor/io';
import { loadModel } from '@llm/transformer';
import type { CausalLm } from '@llm/transformer';
import { join } from 'node:path';
import { completionFor } from '../data/questions.ts';
import type { Question } from '../data/questions.ts';
import { rankingRule } from './ranking-rule.ts';
import { MAX_ANSWER_TOKENS } from './settings.ts';
import type { StageContext } from './stage.ts';

export interface Preferences {
  readonly train: readonly Preference[];
  readonly heldOut: readonly Preference[];
}

/** Questions answered at once. */
const CHUNK = 32;

async function rankAll(
  context: StageContext,
  model: CausalLm,
  questions: readonly Question[],
  label: string,
): Promise<Preference[]> {
  const { settings, data, tokenizer, output, seed } = context;
  const { samples, temperature, minGap, maxPairs } = settings.rank;
  const score = rankingRule(data.countries);
  const progress = output.progress(label, questions.length);
  const preferences: Preference[] = [];
  for (let start = 0; start < questions.length; start += CHUNK) {
    context.signal.throwIfAborted();
    const part = questions.slice(start, start + CHUNK);
    const prompts = part.map(({ prompt }) => prompt);
    const answers = await sampleTexts(model, tokenizer, prompts, {
      samples,
      temperature,
      maxNewTokens: MAX_ANSWER_TOKENS,
      batchSize: CHUNK * samples,
      seed: seed + start,
    });
    part.forEach((question, i) => {
      const scored = (answers[i] ?? []).map((text) => ({
        text: completionFor(text.trim()),
        score: score(question, text),
      }));
      preferences.push(...rankSamples(question.prompt, scored, { pairs: 'all', maxPairs, minGap }));
    });
    progress.update(start + part.length, [`${preferences.length} pairs`]);
  }
  progress.finish([`${questions.length} prompts`, `${preferences.length} pairs`]);
  return preferences;
}

const toJsonLines = (rows: readonly Preference[]): string =>
  rows.map((row) => `${JSON.stringify(row)}\n`).join('');

/** Writes preferences.jsonl, which `llm reward` and `llm dpo` read. */
export async function rankStage(context: StageContext): Promise<Preferences> {
  const model = await loadModel(context.folder('sft'));
  try {
    const train = await rankAll(context, model, context.data.rankQuestions, 'rank');
    const heldOut = await rankAll(context, model, context.data.heldOutQuestions, 'rank held-out');
    const folder = context.folder('preferences');
    await mkdir(folder, { recursive: true });
    await writeFileAtomic(join(folder, 'train.jsonl'), toJsonLines(train));
    await writeFileAtomic(join(folder, 'held-out.jsonl'), toJsonLines(heldOut));
    return { train, heldOut };
  } finally {
    model.dispose();
  }
}
