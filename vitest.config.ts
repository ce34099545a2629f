import { defineConfig } from 'vitest/config';

// Tests run straight from TypeScript: the `@llm/source` condition maps every workspace package to src/.
const conditions = ['@llm/source', 'node', 'import', 'default'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**', '**/build/**'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    server: {
      // tfjs-core ships its gradients as ES modules inside a CommonJS package, which Node cannot load itself.
      deps: { inline: [/@tensorflow\/tfjs-core\/dist\/(?!tf-core\.node)/] },
    },
  },
});
