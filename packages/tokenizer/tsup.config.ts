import { defineConfig } from 'tsup';

const shared = { format: 'esm', target: 'node20', sourcemap: true, clean: false } as const;

export default defineConfig([
  {
    ...shared,
    entry: { index: 'src/index.ts', 'training-worker': 'src/node/training-worker.ts' },
  },
  {
    ...shared,
    entry: { browser: 'src/index.ts' },
    platform: 'browser',
    target: 'es2022',
    // What needs Node lies in src/node, and its twin for browsers under the same name in src/browser.
    esbuildPlugins: [
      {
        name: 'browser-twins',
        setup: (build) => {
          build.onResolve({ filter: /\/node\/[a-z-]+\.ts$/ }, ({ path, resolveDir }) => ({
            path: new URL(path.replace('/node/', '/browser/'), `file://${resolveDir}/`).pathname,
          }));
        },
      },
    ],
  },
]);
