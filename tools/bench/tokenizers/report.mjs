// The Markdown of a run.
import { TASKS, TITLES } from './works.mjs';

const COLUMNS = { 'encode-new': 'new', encode: 'again', decode: 'decode' };

/** Tables that are part of a program are there at once: no loading to measure. */
const isMeasured = (value) => value > 0.5;
const shown = (value, isLoad) =>
  !isLoad || isMeasured(value) ? value.toFixed(value < 10 ? 1 : 0) : '–';

/** How ours compares with the best of the others, column by column. */
function comparison(rows) {
  const [ours, ...others] = rows;
  return ours.cells.map((value, i) => {
    const isLoad = i === ours.cells.length - 1;
    const theirs = others
      .map(({ cells }) => cells[i])
      .filter((cell) => !isLoad || isMeasured(cell));
    if (theirs.length === 0) return '';
    const ratio = isLoad ? Math.min(...theirs) / value : value / Math.max(...theirs);
    return `**${ratio.toFixed(2)}**`;
  });
}

export function tableOf(vocabulary, corpora, rows) {
  const columns = corpora.flatMap((corpus) => TASKS.map((task) => `${corpus} ${COLUMNS[task]}`));
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [
    `## ${TITLES[vocabulary]}`,
    '',
    line(['', ...columns, 'load, ms']),
    line(['---', ...columns.map(() => '---:'), '---:']),
    ...rows.map(({ label, cells }) =>
      line([label, ...cells.map((value, i) => shown(value, i === cells.length - 1))]),
    ),
    line(['ours ÷ best of the others', ...comparison(rows)]),
    '',
  ].join('\n');
}

export function describeMemory(sections) {
  const rows = sections.map(({ vocabulary, memory }) => {
    const parts = [memory.loadMs, memory.loadedMiB, memory.usedMiB].map((n) => n.toFixed(1));
    return `| ${TITLES[vocabulary]} | ${parts.join(' | ')} |`;
  });
  return [
    '## Loading and memory of ours',
    '',
    'From the file to the tokenizer, the median of five; heap and buffers after a collection, when loaded, and when it',
    'has encoded and decoded a sentence.',
    '',
    '| | load, ms | loaded, MiB | used, MiB |',
    '| --- | ---: | ---: | ---: |',
    ...rows,
    '',
  ].join('\n');
}
