// The Markdown that models write, as elements. Text only ever becomes text nodes: whatever a model writes, no
// markup of its own comes to life. Half-written Markdown is shown as far as it goes.

const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([^`]*)$/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*$/;
const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;
const RULE = /^ {0,3}([-*_])(\s*\1){2,}\s*$/;
const QUOTE = /^ {0,3}> ?(.*)$/;
const DIVIDER = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;

/** @param {string} text @returns {Node[]} */
export function markdown(text) {
  return blocks(text.replace(/\r\n?/g, '\n').split('\n'));
}

function blocks(lines) {
  const nodes = [];
  let at = 0;
  while (at < lines.length) {
    const taken = BLOCKS.map((read) => read(lines, at)).find((result) => result !== null);
    if (taken === undefined) {
      at += 1; // a blank line
      continue;
    }
    nodes.push(taken.node);
    at = taken.end;
  }
  return nodes;
}

const BLOCKS = [fence, heading, rule, quote, list, table, paragraph];

function fence(lines, start) {
  const [, mark, language] = FENCE.exec(lines[start]) ?? [];
  if (mark === undefined) return null;
  let end = start + 1;
  while (end < lines.length && !closes(lines[end], mark)) end += 1;
  const code = element('code');
  code.textContent = lines.slice(start + 1, end).join('\n');
  if (language.trim() !== '') code.dataset.language = language.trim().split(/\s/)[0];
  const copy = element('button', 'Copy');
  copy.type = 'button';
  copy.addEventListener('click', () => copyText(code.textContent, copy));
  return { node: element('pre', code, copy), end: end + 1 };
}

const closes = (line, mark) => {
  const text = line.trim();
  return text.length >= mark.length && text === mark[0].repeat(text.length);
};

function heading(lines, start) {
  const [, marks, text] = HEADING.exec(lines[start]) ?? [];
  if (marks === undefined) return null;
  return { node: element(`h${marks.length}`, ...inline(text)), end: start + 1 };
}

function rule(lines, start) {
  return RULE.test(lines[start]) ? { node: element('hr'), end: start + 1 } : null;
}

function quote(lines, start) {
  let end = start;
  const inner = [];
  for (let match; end < lines.length && (match = QUOTE.exec(lines[end])); end++)
    inner.push(match[1]);
  return end === start ? null : { node: element('blockquote', ...blocks(inner)), end };
}

/** Items go on in lines that are indented; a list within an item is indented, too. */
function list(lines, start) {
  const first = ITEM.exec(lines[start]);
  if (first === null) return null;
  const indent = first[1].length;
  const isNumbered = /\d/.test(first[2]);
  const node = element(isNumbered ? 'ol' : 'ul');
  if (isNumbered) node.start = Number.parseInt(first[2], 10);
  let end = start;
  while (end < lines.length) {
    const match = ITEM.exec(lines[end]);
    if (match === null || match[1].length !== indent || /\d/.test(match[2]) !== isNumbered) break;
    const inner = [match[3]];
    end += 1;
    while (end < lines.length && belongs(lines, end, indent))
      inner.push(lines[end++].slice(indent + 2));
    const content = blocks(inner);
    // A single line needs no paragraph.
    const isLine = content.length > 0 && content[0].nodeName === 'P';
    node.append(
      element('li', ...(isLine ? [...content[0].childNodes, ...content.slice(1)] : content)),
    );
    while (end < lines.length && lines[end].trim() === '' && ITEM.test(lines[end + 1] ?? ''))
      end += 1;
  }
  return { node, end };
}

function belongs(lines, at, indent) {
  const line = lines[at];
  if (line.trim() === '') return /^\s/.test(lines[at + 1] ?? '') && !ITEM.test(lines[at + 1] ?? '');
  return line.startsWith(' '.repeat(indent + 2)) || line.startsWith('\t');
}

function table(lines, start) {
  if (!lines[start].includes('|') || !DIVIDER.test(lines[start + 1] ?? '')) return null;
  const row = (line, tag) =>
    element('tr', ...cells(line).map((text) => element(tag, ...inline(text))));
  const body = element('tbody');
  let end = start + 2;
  for (; end < lines.length && lines[end].includes('|'); end++) body.append(row(lines[end], 'td'));
  return { node: element('table', element('thead', row(lines[start], 'th')), body), end };
}

const cells = (line) =>
  line
    .trim()
    .replace(/^\||\|$/g, '')
    .split('|')
    .map((cell) => cell.trim());

function paragraph(lines, start) {
  let end = start;
  const begins = (line) =>
    [FENCE, HEADING, RULE, QUOTE, ITEM].some((pattern) => pattern.test(line));
  while (end < lines.length && lines[end].trim() !== '' && (end === start || !begins(lines[end])))
    end++;
  if (end === start) return null;
  const nodes = lines
    .slice(start, end)
    .flatMap((line, i) => [...(i > 0 ? [element('br')] : []), ...inline(line)]);
  return { node: element('p', ...nodes), end };
}

/** Within a line: the first mark that is closed wins, and its inside is read again. */
const SPANS = [
  [/`+/, code],
  [/\[/, link],
  [/\*\*(?=\S)/, (text, at) => wrapped(text, at, '**', 'strong')],
  [/~~(?=\S)/, (text, at) => wrapped(text, at, '~~', 'del')],
  [/\*(?=\S)/, (text, at) => wrapped(text, at, '*', 'em')],
  [/(?<![\p{L}\p{N}])_(?=\S)/u, (text, at) => wrapped(text, at, '_', 'em')],
  [/https?:\/\/[^\s<>()]+[^\s<>().,;:!?'"]/, bare],
];

function inline(text) {
  for (let from = 0; from < text.length;) {
    const found = SPANS.map(([pattern, read]) => ({
      place: from + text.slice(from).search(pattern),
      read,
    }))
      .filter(({ place }) => place >= from)
      .sort((a, b) => a.place - b.place)[0];
    if (found === undefined) break;
    const span = found.read(text, found.place);
    if (span !== null)
      return [...plain(text.slice(0, found.place)), span.node, ...inline(text.slice(span.end))];
    from = found.place + 1;
  }
  return plain(text);
}

const plain = (text) => (text === '' ? [] : [document.createTextNode(text)]);

function code(text, at) {
  const [mark] = /^`+/.exec(text.slice(at));
  const end = text.indexOf(mark, at + mark.length);
  if (end < 0) return null;
  return { node: element('code', text.slice(at + mark.length, end)), end: end + mark.length };
}

function link(text, at) {
  const [whole, label, address] = /^\[([^\]]+)\]\(([^)\s]+)\)/.exec(text.slice(at)) ?? [];
  if (whole === undefined || !/^https?:\/\//.test(address)) return null;
  return { node: anchor(address, label), end: at + whole.length };
}

function bare(text, at) {
  const [address] = /^https?:\/\/[^\s<>()]+[^\s<>().,;:!?'"]/.exec(text.slice(at));
  return { node: anchor(address, address), end: at + address.length };
}

function anchor(address, label) {
  const node = element('a', label);
  node.href = address;
  node.target = '_blank';
  node.rel = 'noopener noreferrer';
  return node;
}

function wrapped(text, at, mark, tag) {
  const inside = text.slice(at + mark.length);
  const end = inside.search(
    new RegExp(`\\S${mark.replaceAll('*', '\\*')}(?!${mark[0] === '*' ? '\\*' : mark[0]})`),
  );
  if (end < 0) return null;
  return {
    node: element(tag, ...inline(inside.slice(0, end + 1))),
    end: at + mark.length + end + 1 + mark.length,
  };
}

/** @param {string} tag @param {(Node | string)[]} children */
export function element(tag, ...children) {
  const node = document.createElement(tag);
  node.append(...children);
  return node;
}

/** Copies, and says so on the button. Without permission nothing happens. */
export async function copyText(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    return;
  }
  const before = button.textContent;
  button.textContent = 'Copied';
  setTimeout(() => (button.textContent = before), 1500);
}
