// Bundles tfjs-core's own specs with the backend under test and exactly one copy of tfjs-core: the specs ship in
// @tensorflow/tfjs-core/dist as ES modules inside a CommonJS package, which Node cannot load.
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
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

/** `url`: what the bundle takes for its own address, where it runs on a platform that has other paths. */
export async function bundleSuite(backend, outfile, url = pathToFileURL(outfile).href) {
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
    define: { 'import.meta.url': JSON.stringify(url) },
    plugins: [switchingSpecs(backend)],
    logLevel: 'error',
  });
}
