import { defineConfig } from 'tsup';

export default defineConfig({
  entry: { index: 'src/index.ts', distributed: 'src/distributed/index.ts' },
  format: 'esm',
  target: 'node20',
  sourcemap: true,
  clean: false,
});
