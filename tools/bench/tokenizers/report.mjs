// The Markdown of results (results.mjs).
import { columnsOf, labelsOf, TITLES } from './works.mjs';

const NAMES = { 'encode-new': 'new', encode: 'again', decode: 'decode' };
const OURS = 'ours';

const line = (cells) => `| ${cells.join(' | ')} |`;
const rule = (count) => line(['---', ...Array.from({ length: count }, () => '---:')]);

/** Tables that are part of a program are there at once: no loading to measure. */
const isThere = (key, value) => value !== undefined && (key !== 'load' || value > 0.5);
const digits = (value) => value.toFixed(value < 10 ? 1 : 0);
const shown = (key, value) => (isThere(key, value) ? digits(value) : '–');

function titleOf(key) {
  if (key === 'load') return 'load, ms';
  const [corpus, task] = key.split(' ');
  return `${corpus} ${NAMES[task]}`;
}

/** How ours compares with the best of the others in a column. */
function comparison(key, { cells }) {
  const others = Object.entries(cells).filter(([label]) => label !== OURS);
  const theirs = others.map(([, value]) => value).filter((value) => isThere(key, value));
  if (theirs.length === 0 || cells[OURS] === undefined) return '';
  const ratio =
    key === 'load' ? Math.min(...theirs) / cells[OURS] : cells[OURS] / Math.max(...theirs);
  return `**${ratio.toFixed(2)}**`;
}

export function speedsTable(vocabulary, columns) {
  const keys = columnsOf(columns);
  const rows = labelsOf(vocabulary).filter((label) =>
    keys.some((key) => columns[key].cells[label] !== undefined),
  );
  return [
    `## ${TITLES[vocabulary]}`,
    '',
    line(['', ...keys.map(titleOf)]),
    rule(keys.length),
    ...rows.map((label) =>
      line([label, ...keys.map((key) => shown(key, columns[key].cells[label]))]),
    ),
    line(['ours ÷ best of the others', ...keys.map((key) => comparison(key, columns[key]))]),
    '',
  ].join('\n');
}

/** Each text beside a megabyte of English; rows are texts, columns are tokenizers. */
function worstTable(entries) {
  const [english, again, ...texts] = Object.keys(entries[0][1].worst);
  const times = (worst, text) =>
    `${(worst[text] / worst[english]).toFixed(1)}× / ${(worst[text] / worst[again]).toFixed(1)}×`;
  return [
    '## A megabyte of anything',
    '',
    'Of ours: milliseconds for a megabyte of English, and how many times as long other text takes, nothing remembered of',
    'it: beside English that is new / beside English that came before, whose pieces are remembered.',
    '',
    line(['', ...entries.map(([vocabulary]) => TITLES[vocabulary])]),
    rule(entries.length),
    ...[english, again].map((text) =>
      line([`${text}, ms`, ...entries.map(([, { worst }]) => digits(worst[text]))]),
    ),
    ...texts.map((text) => line([text, ...entries.map(([, { worst }]) => times(worst, text))])),
    '',
  ].join('\n');
}

function memoryTable(entries) {
  const parts = ({ loadMs, loadedMiB, usedMiB }) =>
    [loadMs, loadedMiB, usedMiB].map((n) => n.toFixed(1));
  return [
    '## Loading and memory of ours',
    '',
    'From the file to the tokenizer, the median of five; heap and buffers after a collection, when loaded, and when it',
    'has encoded and decoded a sentence.',
    '',
    line(['', 'load, ms', 'loaded, MiB', 'used, MiB']),
    rule(3),
    ...entries.map(([vocabulary, { memory }]) => line([TITLES[vocabulary], ...parts(memory)])),
    '',
  ].join('\n');
}

/** How the columns were measured, each way once. */
function runsOf(results) {
  const runs = Object.values(results).flatMap(({ columns }) =>
    Object.values(columns).map(({ run }) => run),
  );
  return [...new Set(runs)].sort();
}

export function page(introduction, results) {
  const entries = Object.keys(TITLES)
    .filter((vocabulary) => results[vocabulary] !== undefined)
    .map((vocabulary) => [vocabulary, results[vocabulary]]);
  const withWorst = entries.filter(([, { worst }]) => worst !== undefined);
  const withMemory = entries.filter(([, { memory }]) => memory !== undefined);
  return [
    introduction,
    ...runsOf(results).map((run) => `${run}\n`),
    ...entries.map(([vocabulary, { columns }]) => speedsTable(vocabulary, columns)),
    ...(withWorst.length > 0 ? [worstTable(withWorst)] : []),
    ...(withMemory.length > 0 ? [memoryTable(withMemory)] : []),
  ].join('\n');
}
