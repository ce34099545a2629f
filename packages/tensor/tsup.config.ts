import { defineConfig } from 'tsup';

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    'io/index': 'src/io/index.ts',
    'worker/index': 'src/worker/index.ts',
  },
  format: 'esm',
  target: 'node20',
  sourcemap: true,
  clean: false,
  // tfjs-core's gradients are ES modules inside a CommonJS package: Node cannot load them, so they are
  // bundled. tfjs-core itself stays outside, as one copy that every package shares.
  noExternal: [/tfjs-core\/dist\//],
  external: [/^@tensorflow\/tfjs-core$/, /^@tensorflow\/tfjs-backend-/],
});
