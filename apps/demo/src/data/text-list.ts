// Separate texts from one file: the lines of a .txt file, or the `text` column of a .jsonl file.
import { DataError, readLines, readTexts } from './text-files.ts';

/** Every line is a text, an empty one too, so that the n-th result is that of line n. */
export async function readTextList(path: string): Promise<string[]> {
  const texts: string[] = [];
  if (path.replace(/\.gz$/, '').endsWith('.jsonl')) {
    for await (const { text } of readTexts([path])) texts.push(text);
  } else {
    for await (const line of readLines(path)) texts.push(line.replace(/\r$/, ''));
  }
  if (texts.length === 0) throw new DataError(`${path}: expected at least one text, got none.`);
  return texts;
}
