// docs/context.md and docs/context.svg from the rows that context.mjs measured.
import { lineChart } from './line-chart.mjs';

const milliseconds = (seconds) => (seconds * 1000).toFixed(seconds < 0.1 ? 1 : 0);

export function contextPage({ rows, machine, newTokens }) {
  const labels = rows[0].who.map(({ label }) => label);
  const single = rows.filter(({ rounds }) => rounds === 1).map(({ prompt }) => prompt);
  const note = single.length === 0 ? '' : ` Of ${single.join(' and ')} tokens: one round.`;
  const titles = ['prompt'].concat(
    labels.map((label) => `first token, ${label} (ms)`),
    'ours ÷ theirs',
    labels.map((label) => `decode, ${label} (tokens/s)`),
    'ours ÷ theirs',
  );
  const lines = rows.map(({ prompt, who, ratio }) => [
    String(prompt),
    ...who.map(({ first }) => milliseconds(first)),
    ratio.first.toFixed(2),
    ...who.map(({ decode }) => (1 / decode).toFixed(0)),
    ratio.decode.toFixed(2),
  ]);
  return `# Speed against the context

SmolLM2-135M, Q4_1, beside llama.cpp on the same file: how long a prompt takes until its first new token is
there, and how fast tokens follow it, up to the model's 8,192 tokens (the longest prompt leaves room for
${newTokens}). The ratios are of times, within a round; below 1 ours is faster. ${machine}${note}

![time to first token, and decoding speed, against the prompt](context.svg)

| ${titles.join(' | ')} |
| ${titles.map(() => '---:').join(' | ')} |
${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}

Written by \`tools/bench/context.mjs\`. Ours goes through \`generate\`; llama.cpp through its C interface, 512 tokens
at once, greedily. llama.cpp's prompts go on from the shorter ones, whose time is added.
`;
}

export function contextPlot(rows) {
  const series = (value) =>
    rows[0].who.map(({ label }, c) => ({
      label,
      points: rows.map(({ prompt, who }) => [prompt, value(who[c])]),
    }));
  return lineChart([
    { title: 'time to first token, seconds', isLog: true, series: series(({ first }) => first) },
    {
      title: 'decoding, tokens a second',
      isLog: false,
      series: series(({ decode }) => 1 / decode),
    },
  ]);
}
