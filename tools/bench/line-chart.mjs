// A small SVG: panels side by side, lines over a logarithmic x of prompt lengths.
const PANEL = { width: 380, height: 260, left: 52, right: 14, top: 34, bottom: 36 };
const COLOURS = ['#1b6ec2', '#d1622b', '#3f8f4f', '#8a4fb0'];

/** @param {{title: string, isLog: boolean, series: {label: string, points: [number, number][]}[]}[]} panels */
export function lineChart(panels) {
  const width = PANEL.width * panels.length;
  const body = panels.map(
    (panel, i) => `<g transform="translate(${i * PANEL.width} 0)">${panelOf(panel)}</g>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${PANEL.height}" font-family="sans-serif" font-size="11">
<rect width="${width}" height="${PANEL.height}" fill="#fff"/>
${body.join('\n')}
</svg>
`;
}

function panelOf({ title, isLog, series }) {
  const all = series.flatMap(({ points }) => points);
  const x = scale(
    all.map(([value]) => value),
    true,
    [PANEL.left, PANEL.width - PANEL.right],
  );
  const y = scale(
    all.map(([, value]) => value),
    isLog,
    [PANEL.height - PANEL.bottom, PANEL.top],
  );
  const xTicks = series[0].points
    .map(([value]) => value)
    .filter((_, i, { length }) => i % 2 === (length - 1) % 2);
  return [
    text(PANEL.left, 16, title, 'start'),
    ...y.ticks.map(
      (value) => grid(y.at(value)) + text(PANEL.left - 6, y.at(value) + 4, short(value), 'end'),
    ),
    ...xTicks.map((value) => text(x.at(value), PANEL.height - 18, short(value), 'middle')),
    text((PANEL.left + PANEL.width) / 2, PANEL.height - 4, 'tokens of the prompt', 'middle'),
    ...series.map((line, i) => lineOf(line, i, { x, y })),
  ].join('\n');
}

/** Maps values to `range`; linear scales begin at 0. */
function scale(values, isLog, [from, to]) {
  const [low, high] = [isLog ? Math.min(...values) : 0, Math.max(...values)];
  const map = isLog ? Math.log : (value) => value;
  const at = (value) =>
    round(from + ((map(value) - map(low)) / (map(high) - map(low))) * (to - from));
  return { at, ticks: isLog ? decades(low, high) : evenTicks(high) };
}

const decades = (low, high) => {
  const first = Math.ceil(Math.log10(low));
  const count = Math.floor(Math.log10(high)) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, i) => 10 ** (first + i));
};

function evenTicks(high) {
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((size) => high / size <= 6) ?? high;
  return Array.from({ length: Math.floor(high / step) + 1 }, (_, i) => i * step);
}

function lineOf({ label, points }, i, { x, y }) {
  const colour = COLOURS[i % COLOURS.length];
  const places = points.map(([a, b]) => `${x.at(a)},${y.at(b)}`);
  const dots = points.map(
    ([a, b]) => `<circle cx="${x.at(a)}" cy="${y.at(b)}" r="2.5" fill="${colour}"/>`,
  );
  const legend = text(PANEL.width - PANEL.right, 16 + 13 * i, label, 'end', colour);
  return `<polyline points="${places.join(' ')}" fill="none" stroke="${colour}" stroke-width="1.8"/>${dots.join('')}${legend}`;
}

const grid = (y) =>
  `<line x1="${PANEL.left}" x2="${PANEL.width - PANEL.right}" y1="${y}" y2="${y}" stroke="#ddd"/>`;
const text = (x, y, content, anchor, colour = '#333') =>
  `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" fill="${colour}">${content}</text>`;
const round = (value) => Math.round(value * 10) / 10;
const short = (value) =>
  value >= 1000 ? `${round(value / 1000)}k` : String(Number(value.toPrecision(3)));
