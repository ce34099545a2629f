import { defineConfig } from 'tsup';

export default defineConfig({
  entry: { 'cli/main': 'src/cli/main.ts' },
  format: 'esm',
  target: 'node20',
  sourcemap: true,
  clean: false,
});
