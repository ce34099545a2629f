// The demo's data: text to pretrain on, questions for the later stages, and what is held out of each.
import { Generator } from '@llm/tensor';
import { loadCountries } from '../data/countries.ts';
import type { Country } from '../data/countries.ts';
import { factSheets } from '../data/fact-sheets.ts';
import { allQuestions, splitQuestions } from '../data/questions.ts';
import type { Question } from '../data/questions.ts';
import { loadSpeeches } from '../data/speeches.ts';
import type { TextChunk } from '../data/text-files.ts';
import type { DemoSettings } from './settings.ts';

export interface DemoData {
  readonly countries: readonly Country[];
  /** Speeches and fact sheets, mixed. */
  readonly corpus: readonly TextChunk[];
  /** Whole speeches of held-out years. */
  readonly heldOutText: readonly TextChunk[];
  /** Questions with answers, for SFT and the adapter. */
  readonly sftQuestions: readonly Question[];
  /** Questions that the model answers itself, for ranking, the reward model, PPO and DPO. */
  readonly rankQuestions: readonly Question[];
  /** Asked in examinations only. */
  readonly heldOutQuestions: readonly Question[];
}

/** Every tenth year is held out. */
const isHeldOutYear = (year: number): boolean => year % 10 === 5;

const document = (text: string): TextChunk => ({ text, endsDocument: true });

function newestUpTo(texts: readonly string[], characters: number): string[] {
  const chosen: string[] = [];
  let total = 0;
  for (const text of [...texts].reverse()) {
    if (total >= characters) break;
    chosen.push(text);
    total += text.length;
  }
  return chosen;
}

/** Speeches cut at paragraphs, so that they mix with the fact sheets in small portions. */
function portions(text: string, size = 4000): string[] {
  const result: string[] = [];
  let current = '';
  for (const paragraph of text.split('\n\n')) {
    current += current === '' ? paragraph : `\n\n${paragraph}`;
    if (current.length >= size) {
      result.push(current);
      current = '';
    }
  }
  return current === '' ? result : [...result, current];
}

function mix(texts: readonly string[], generator: Generator): TextChunk[] {
  return Array.from(generator.permutation(texts.length), (index) =>
    document(texts[index] as string),
  );
}

function groupsOf(items: readonly string[], size: number): string[] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, i) => items.slice(i * size, (i + 1) * size).join('\n'));
}

export async function loadDemoData(settings: DemoSettings, seed: number): Promise<DemoData> {
  const generator = new Generator(seed);
  const speeches = (await loadSpeeches()).filter(({ year }) => year >= settings.firstYear);
  const countries = await loadCountries();
  const trained = speeches.filter(({ year }) => !isHeldOutYear(year)).map(({ text }) => text);
  const sheets = Array.from({ length: settings.factRounds }, () =>
    groupsOf(
      factSheets(countries, (limit) => generator.nextInt(limit)),
      16,
    ),
  );
  const parts = newestUpTo(trained, settings.speechCharacters).flatMap((text) => portions(text));
  const { train, heldOut } = splitQuestions(allQuestions(countries), 6);
  // A third of the training questions keeps its answers to itself: the model has to find them.
  const [sft, rank] = [train.filter((_, i) => i % 3 !== 2), train.filter((_, i) => i % 3 === 2)];
  const limited = (questions: readonly Question[]) => questions.slice(0, settings.maxQuestions);
  return {
    countries,
    corpus: mix([...parts, ...sheets.flat()], generator),
    heldOutText: speeches
      .filter(({ year }) => isHeldOutYear(year))
      .map(({ text }) => document(text)),
    sftQuestions: limited(sft),
    rankQuestions: limited(rank),
    heldOutQuestions: limited(heldOut),
  };
}
