// vitest whose test files run in another Node: `node vitest-emulated.mjs PROGRAM vitest's arguments…`. Vite transforms
// them here; a worker, which is forked from process.execPath, only runs them.
const [program, ...args] = process.argv.slice(2);
process.execPath = program;
process.argv.splice(2, Infinity, ...args);
await import('../../node_modules/vitest/vitest.mjs');
