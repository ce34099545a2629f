/** Text coloured by token: which characters make up each token, for a terminal and as HTML. */
import type { Encoding } from '../encoding/encoding.ts';

/** A stretch of text and the tokens that stand for it: none between tokens, several where a character has many. */
export interface TokenStretch {
  readonly text: string;
  readonly ids: readonly number[];
  readonly tokens: readonly string[];
}

/** Cuts a text where its tokens do. Tokens that share a character share a stretch; the stretches make up the text. */
export function tokenStretches(text: string, encoding: Encoding): TokenStretch[] {
  const stretches: { start: number; end: number; ids: number[]; tokens: string[] }[] = [];
  encoding.offsets.forEach(([start, end], i) => {
    if (encoding.sequenceIds[i] !== 0) return;
    const id = encoding.ids[i] as number;
    const token = encoding.tokens[i] as string;
    const last = stretches.at(-1);
    if (last !== undefined && start < last.end) {
      last.end = Math.max(last.end, end);
      last.ids.push(id);
      last.tokens.push(token);
    } else stretches.push({ start, end, ids: [id], tokens: [token] });
  });
  return withGaps(text, stretches);
}

function withGaps(
  text: string,
  stretches: readonly { start: number; end: number; ids: number[]; tokens: string[] }[],
): TokenStretch[] {
  const result: TokenStretch[] = [];
  let done = 0;
  for (const { start, end, ids, tokens } of stretches) {
    if (start > done) result.push({ text: text.slice(done, start), ids: [], tokens: [] });
    result.push({ text: text.slice(Math.max(done, start), end), ids, tokens });
    done = Math.max(done, end);
  }
  if (done < text.length) result.push({ text: text.slice(done), ids: [], tokens: [] });
  return result;
}

/** Background colours of the terminal, light enough for black letters. */
const TERMINAL = [153, 194, 223, 218, 189];
const ESCAPE = '\u001b[';

/** For a terminal with 256 colours. */
export function tokensToTerminal(text: string, encoding: Encoding): string {
  let colour = 0;
  return tokenStretches(text, encoding)
    .map((stretch) => {
      if (stretch.ids.length === 0) return stretch.text;
      const background = TERMINAL[colour++ % TERMINAL.length] as number;
      // A colour would run to the end of the line, so it stops before each newline.
      const on = `${ESCAPE}30;48;5;${background}m`;
      const off = `${ESCAPE}0m`;
      return on + stretch.text.replaceAll('\n', `${off}\n${on}`) + off;
    })
    .join('');
}

const STYLE = `body{font:16px/1.9 ui-monospace,monospace;margin:2rem;white-space:pre-wrap;color:#111;background:#fff}
.t{border-radius:3px;padding:2px 0}
.t0{background:#cfe4ff}.t1{background:#d3f2d0}.t2{background:#ffe8c2}.t3{background:#ffd3e0}.t4{background:#e2d9ff}`;

/** A page of its own: every token a `<span>` with its id and its name as the title. */
export function tokensToHtml(text: string, encoding: Encoding): string {
  let colour = 0;
  const body = tokenStretches(text, encoding).map((stretch) => {
    const shown = escapeHtml(stretch.text);
    if (stretch.ids.length === 0) return shown;
    const title = stretch.ids.map((id, i) => `${id} ${stretch.tokens[i]}`).join('\n');
    return `<span class="t t${colour++ % 5}" title="${escapeHtml(title)}">${shown}</span>`;
  });
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${encoding.length} tokens</title>
<style>
${STYLE}
</style>
<body>${body.join('')}</body>
</html>
`;
}

function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
  };
  return text.replace(/[&<>"]/gu, (character) => entities[character] as string);
}
