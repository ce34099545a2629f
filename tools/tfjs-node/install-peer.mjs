// Installs the peer package itself, without its install script, which would download a TensorFlow
// of 2022.
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const VERSION = '4.22.0';

/** The package's folder in the node_modules of `project`; installed there by npm unless it is there already. */
export function installPeer(name, project) {
  const folder = path.join(project, 'node_modules', '@tensorflow', name);
  if (existsSync(path.join(folder, 'package.json'))) return folder;
  const manifest = path.join(project, 'package.json');
  if (!existsSync(manifest)) writeFileSync(manifest, '{ "private": true }\n');
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = spawnSync('npm', [...args, `@tensorflow/${name}@${VERSION}`], {
    cwd: project,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (npm.status === 0) return folder;
  throw new Error(
    `tfjs-node: npm install @tensorflow/${name}@${VERSION} failed in ${project}. ` +
      'See its message above; in a project of pnpm or yarn install it there yourself with --ignore-scripts, then run this again.',
  );
}
