// A program for kill.test.ts: trains in the folder given, slowly writing checkpoints, until it is killed. It prints
// `saving N` when it starts to write checkpoint N.

import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { useBackend } from '@llm/tensor';
import { train } from '../train/train.ts';
import { tinyRun } from './tiny-model.ts';

/** Forty pieces a few milliseconds apart, so that a kill lands in the middle. */
async function saveSlowly(directory: string): Promise<void> {
  process.stdout.write(`saving ${directory}\n`);
  const file = await open(join(directory, 'slow.bin'), 'w');
  for (let piece = 0; piece < 40; piece++) {
    await file.write(Buffer.alloc(1000, piece));
    await sleep(3);
  }
  await file.close();
}

const [directory = ''] = process.argv.slice(2);
await useBackend('cpu');
await train(tinyRun({ checkpoint: { directory, every: 2, save: saveSlowly }, resume: true }));
