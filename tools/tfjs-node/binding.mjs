// Compiles the peer's binding: two C++ files on Node-API, so one binary serves every Node. The
// package's own build (node-gyp) would do the same, but needs Python and Node's headers.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { findCompiler } from './requirements.mjs';

const NAPI_VERSION = 8; // the newest that the package looks for
const SOURCES = ['binding/tfjs_backend.cc', 'binding/tfjs_binding.cc'];

/** Compiles the binding in the package's folder, unless it is there; its deps must be. */
export function compileBinding(folder) {
  const target = path.join('lib', `napi-v${NAPI_VERSION}`, 'tfjs_binding.node');
  if (existsSync(path.join(folder, target))) return;
  mkdirSync(path.join(folder, path.dirname(target)), { recursive: true });
  const headers = createRequire(import.meta.url)('node-api-headers').include_dir;
  const args = [
    ...['-std=c++17', '-O2', '-fPIC', '-shared', `-DNAPI_VERSION=${NAPI_VERSION}`],
    ...['-DNODE_GYP_MODULE_NAME=tfjs_binding', '-Ideps/include', `-I${headers}`, ...SOURCES],
    ...['-Ldeps/lib', '-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2'],
    ...['-Wl,-rpath,$ORIGIN/../../deps/lib', '-o', target],
  ];
  const compiler = spawnSync(findCompiler(), args, { cwd: folder, encoding: 'utf8' });
  if (compiler.status === 0) return;
  throw new Error(`tfjs-node: compiling the binding failed:\n${compiler.stderr}`);
}
