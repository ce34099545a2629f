// Runs tfjs-core's own specs against one backend: `node run-suite.mjs cpu|native|wasm REPORT.json [FILTER]`.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleSuite } from './bundle-suite.mjs';
import { runBundle } from './run-bundle.mjs';

const here = dirname(fileURLToPath(import.meta.url));

const [backend, reportPath, filter] = process.argv.slice(2);
mkdirSync(join(here, 'build'), { recursive: true }); // inside the package, so that jasmine-core is found
const folder = mkdtempSync(join(here, 'build', 'bundle-'));
try {
  const outfile = join(folder, `${backend}.cjs`);
  await bundleSuite(backend, outfile);
  await runBundle(outfile, reportPath, filter);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0); // some specs leave timers behind
