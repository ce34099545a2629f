// Runs tfjs-core's own specs against one backend: `node run-suite.mjs cpu|native|wasm REPORT.json [FILTER]`.
// The specs ship in @tensorflow/tfjs-core/dist as ES modules inside a CommonJS package, so esbuild
// bundles them first, with the backend under test and exactly one copy of tfjs-core.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));

/** Module order matters: globals, backend, environment, then the specs, which register when imported. */
const entry = (backend) => `
  import './jasmine-globals.mjs';
  import * as backend from './backends/${backend}.ts';
  import { setTestEnvs } from '@tensorflow/tfjs-core/dist/jasmine_util';
  import '@tensorflow/tfjs-core/dist/register_all_gradients';
  import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';
  const { backendName } = backend;
  setTestEnvs([{ name: 'llm-' + backendName, backendName, isDataSync: true }]);
  export async function load() {
    if (backend.start !== undefined) await backend.start();
    await import('@tensorflow/tfjs-core/dist/tests');
  }
`;

/**
 * Two specs of engine_test.js, 'Switching cpu backends', name the backend `cpu` although, as their comment says,
 * they work for any: here they get the backend under test.
 */
const switchingSpecs = (backend) => ({
  name: 'switching-specs',
  setup({ onLoad }) {
    onLoad({ filter: /tfjs-core\/dist\/engine_test\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8')
        .replaceAll("backendName === 'cpu'", `backendName === '${backend}'`)
        .replaceAll("findBackendFactory('cpu')", `findBackendFactory('${backend}')`)
        .replaceAll("getKernel('Add', 'cpu')", `getKernel('Add', '${backend}')`),
    }));
  },
});

async function bundle(backend, outfile) {
  await build({
    stdin: { contents: entry(backend), resolveDir: here, loader: 'ts', sourcefile: 'suite.ts' },
    outfile,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    mainFields: ['module', 'main'], // dist/index.js, the copy that the specs import by relative path
    conditions: ['@llm/source'],
    ignoreAnnotations: true, // tfjs-core's sideEffects list leaves the specs out
    external: ['*.node', 'jasmine-core', 'jasmine-core/*'],
    define: { 'import.meta.url': JSON.stringify(pathToFileURL(outfile).href) },
    plugins: [switchingSpecs(backend)],
    logLevel: 'error',
  });
}

function outcomeOf(spec) {
  const messages = spec.failedExpectations.map((failure) => failure.message);
  return { name: spec.fullName, status: spec.status, reason: spec.pendingReason ?? '', messages };
}

function runJasmine(filter) {
  const env = globalThis.jasmine.getEnv();
  const keep = new RegExp(filter, 'i');
  env.configure({ random: false, specFilter: (spec) => keep.test(spec.getFullName()) });
  const outcomes = [];
  const overall = [];
  env.addReporter({
    specDone: (spec) => outcomes.push(outcomeOf(spec)),
    suiteDone: (suite) => overall.push(...suite.failedExpectations.map((f) => f.message)),
    jasmineDone: (run) => overall.push(...run.failedExpectations.map((f) => f.message)),
  });
  return env.execute().then(() => ({ outcomes, overall }));
}

const [backend, reportPath, filter = ''] = process.argv.slice(2);
mkdirSync(join(here, 'build'), { recursive: true }); // inside the package, so that jasmine-core is found
const folder = mkdtempSync(join(here, 'build', 'bundle-'));
try {
  const outfile = join(folder, `${backend}.cjs`);
  await bundle(backend, outfile);
  const suite = createRequire(import.meta.url)(outfile);
  await suite.load();
  writeFileSync(reportPath, JSON.stringify(await runJasmine(filter)));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0); // some specs leave timers behind
