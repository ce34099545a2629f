import { defineConfig } from 'tsup';

export default defineConfig({
  entry: {
    'cli/main': 'src/cli/main.ts',
    'serve/worker': 'src/serve/engine/worker.ts',
    'examples/run': 'examples/run.ts',
  },
  external: [/^[^./]/], // also the data of the examples, which are devDependencies
  format: 'esm',
  target: 'node20',
  sourcemap: true,
  clean: false,
});
