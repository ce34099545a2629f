// Downloads wheels with pip; none is installed, and no Python of theirs ever runs.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { findPip } from './requirements.mjs';

const PYTHON = '3.12'; // any that the wheels were made for; it only picks the file
const PLATFORMS = {
  x64: ['manylinux_2_27_x86_64', 'manylinux_2_17_x86_64', 'manylinux2014_x86_64'],
  arm64: ['manylinux_2_27_aarch64', 'manylinux2014_aarch64'],
};

/** The wheel's file for a requirement such as `tensorflow==2.21.0`; downloaded to `folder` unless it is there. */
export function downloadWheel(requirement, folder) {
  mkdirSync(folder, { recursive: true });
  const [, name, version = ''] = /^([\w-]+)(?:==([\w.]+))?/.exec(requirement);
  const prefix = `${name.replaceAll('-', '_')}-${version}`;
  const there = readdirSync(folder).find((file) => file.startsWith(prefix));
  if (there !== undefined) return path.join(folder, there);
  const partial = mkdtempSync(path.join(folder, 'partial-'));
  try {
    pipDownload(requirement, partial);
    const [file] = readdirSync(partial);
    renameSync(path.join(partial, file), path.join(folder, file)); // whole or not at all
    return path.join(folder, file);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

function pipDownload(requirement, folder) {
  const [command, ...args] = findPip();
  const options = ['download', '--quiet', '--no-deps', '--only-binary=:all:', '--dest', folder];
  const platforms = PLATFORMS[process.arch].flatMap((platform) => ['--platform', platform]);
  const target = ['--python-version', PYTHON, ...platforms];
  const pip = spawnSync(command, [...args, ...options, ...target, requirement], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (pip.status === 0) return;
  throw new Error(
    `tfjs-node: downloading ${requirement} failed; see pip's message above. ` +
      'With the TensorFlow wheel at hand, give its file: --tensorflow FILE.',
  );
}
