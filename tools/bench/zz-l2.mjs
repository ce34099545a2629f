import * as llm from '@llm/tensor';
const { tf } = llm;
await llm.useBackend('native', { threads: 2 });
const generator = new llm.Generator(1);
const [B, T, H] = [32, 64, 256];
const layer = new llm.nn.LSTM(H, H, { generator });
const x = generator.normal([B, T, H]);
const dy = tf.randomNormal([B, T, H]);
const params = layer.parameters();
const once = () => {
  const { value, grads } = llm.valueAndGrads(
    () =>
      tf.sum(
        tf.mul(
          llm.scope(() => layer.forward(x).output),
          dy,
        ),
      ),
    params,
  );
  tf.dispose([value, ...grads]);
};
const N = Number(process.argv[2]);
for (let i = 0; i < N; i++) once();
const u0 = process.cpuUsage(),
  r0 = process.resourceUsage(),
  t = performance.now();
for (let i = 0; i < 40; i++) once();
const u = process.cpuUsage(u0),
  r = process.resourceUsage();
console.log(
  'total',
  ((performance.now() - t) / 40).toFixed(2),
  'user',
  u.user / 40e3,
  'sys',
  u.system / 40e3,
  'minflt',
  (r.minorPageFault - r0.minorPageFault) / 40,
  'ctx',
  (r.voluntaryContextSwitches - r0.voluntaryContextSwitches) / 40,
);
const p = llm.profile(() => {
  for (let i = 0; i < 20; i++) once();
});
console.log('kernels', (p.kernels.reduce((s, k) => s + k.seconds, 0) / 20) * 1e3);
