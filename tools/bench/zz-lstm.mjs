import * as llm from '@llm/tensor';
import { readFileSync } from 'node:fs';
const { tf } = llm;
await llm.useBackend('native', { threads: Number(process.argv[2] ?? 2) });
const src = readFileSync(new URL('./ours/operation.mjs', import.meta.url), 'utf8');
const generator = new llm.Generator(1);
const [B, T, H] = [32, 64, 256];
const layer = new llm.nn.LSTM(H, H, { generator });
const x = tf.variable(tf.randomNormal([B, T, H]));
const dy = tf.randomNormal([B, T, H]);
const once = () => {
  const { value, grads } = llm.valueAndGrads(
    () => tf.sum(tf.mul(layer.forward(x).output, dy)),
    [x, ...layer.parameters()],
  );
  tf.dispose([value, ...grads]);
};
for (let i = 0; i < 5; i++) once();
const p = llm.profile(() => {
  for (let i = 0; i < 20; i++) once();
});
console.log(
  p.kernels
    ?.slice(0, 12)
    .map(
      (k) =>
        `${k.name ?? k.kernel} ${(((k.seconds ?? k.ms) * 1000) / 20).toFixed(3)} ms x${k.calls / 20} ${JSON.stringify(k).slice(0, 160)}`,
    )
    .join('\n') ?? p,
);
const t = performance.now();
for (let i = 0; i < 20; i++) once();
console.log('total', (performance.now() - t) / 20);
