import { defineConfig } from 'tsup';

export default defineConfig({
  entry: { index: 'src/index.ts', 'io/index': 'src/io/index.ts' },
  format: 'esm',
  target: 'node20',
  sourcemap: true,
  clean: false,
});
