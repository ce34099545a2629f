// Makes the packages with the native engine built for a platform, from what native/build.mjs left:
//
//   node tools/prebuild/prebuild.mjs OUT            OUT/tensor-<platform>-<arch>/ for every build there is
//   node tools/prebuild/prebuild.mjs OUT --release  the same, and lists them in @llm/tensor's optionalDependencies
//
// Each is one file and a package.json that says where it may be installed, as esbuild and Rollup do it: npm takes the one
// that fits and passes the others over. The repository itself does not name them: a lockfile cannot hold what is not
// published yet.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const TENSOR = fileURLToPath(new URL('../../packages/tensor', import.meta.url));
const BUILD = path.join(TENSOR, 'native/build');
const LIBRARY = 'llm_tensor.node';
const HOST = `${process.platform}-${process.arch}`;

/** [platform-arch, file] of each library: this machine's, and those of cross-compilers. */
function findBuilds() {
  const folders = existsSync(BUILD) ? readdirSync(BUILD) : [];
  const cross = folders.filter((name) => /^\w+-\w+$/.test(name) && !name.startsWith('sanitize'));
  return [
    [HOST, path.join(BUILD, LIBRARY)],
    ...cross.map((name) => [name, path.join(BUILD, name, LIBRARY)]),
  ].filter(([, file]) => existsSync(file));
}

function manifestOf(target, { version, license, engines }) {
  const [platform, arch] = target.split('-');
  return {
    name: `@llm/tensor-${target}`,
    version,
    description: `The native engine of @llm/tensor for ${target}.`,
    license,
    engines,
    os: [platform],
    cpu: [arch],
    ...(platform === 'linux' ? { libc: ['glibc'] } : {}),
    files: [LIBRARY],
    preferUnplugged: true, // a library is loaded from a file
  };
}

const writeJson = (file, value) => writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);

function makePackage(out, target, file, tensor) {
  const folder = path.join(out, `tensor-${target}`);
  mkdirSync(folder, { recursive: true });
  copyFileSync(file, path.join(folder, LIBRARY));
  writeJson(path.join(folder, 'package.json'), manifestOf(target, tensor));
  process.stdout.write(`${folder}\n`);
}

const [out, ...options] = process.argv.slice(2);
if (out === undefined || options.some((option) => option !== '--release')) {
  process.stderr.write('prebuild: expected a folder and perhaps --release.\n');
  process.exit(2);
}
const builds = findBuilds();
if (builds.length === 0) {
  process.stderr.write(
    `prebuild: ${BUILD}: expected a build, got none. Run node native/build.mjs.\n`,
  );
  process.exit(1);
}
const manifest = path.join(TENSOR, 'package.json');
const tensor = JSON.parse(readFileSync(manifest, 'utf8'));
for (const [target, file] of builds) makePackage(out, target, file, tensor);
if (options.includes('--release')) {
  const names = builds.map(([target]) => [`@llm/tensor-${target}`, tensor.version]);
  writeJson(manifest, { ...tensor, optionalDependencies: Object.fromEntries(names) });
}
