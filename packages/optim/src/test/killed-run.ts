// A program for kill.test.ts: trains in the folder given and stops in the middle of writing its n-th checkpoint,
// where it prints `half` and waits to be killed. Usage: killed-run.mjs DIRECTORY N

import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { useBackend } from '@llm/tensor';
import { train } from '../train/train.ts';
import { tinyRun } from './tiny-model.ts';

const [directory = '', last = ''] = process.argv.slice(2);
let saves = 0;

async function save(folder: string): Promise<void> {
  saves += 1;
  const file = await open(join(folder, 'large.bin'), 'w');
  await file.write(Buffer.alloc(1000, saves));
  if (saves === Number(last)) {
    process.stdout.write('half\n');
    await sleep(60_000); // the test kills it long before
  }
  await file.write(Buffer.alloc(1000, saves));
  await file.close();
}

await useBackend('cpu');
await train(tinyRun({ checkpoint: { directory, every: 2, save }, resume: true }));
