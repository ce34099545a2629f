// A program for launch.test.ts. Usage: launched-run.mjs MODE DIRECTORY
// `train` trains and writes the parameters' bits to DIRECTORY/<rank>; `fail` fails at rank 1 in update 3; `hang` waits.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { useBackend } from '@llm/tensor';
import { dataParallel, joinLaunched } from '../distributed/index.ts';
import { train } from '../train/train.ts';
import { bitsOf, tinyRun } from './tiny-model.ts';

const [mode = '', directory = ''] = process.argv.slice(2);

await useBackend('cpu');
const group = await joinLaunched();
await writeFile(join(directory, `pid-${group.rank}`), String(process.pid));
if (mode === 'hang') await new Promise((resolve) => setTimeout(resolve, 60_000));
const onStep = ({ step }: { step: number }) => {
  if (mode === 'fail' && group.rank === 1 && step === 3) process.kill(process.pid, 'SIGKILL');
};
try {
  const run = tinyRun({ workers: dataParallel(group), onStep });
  await train(run);
  await group.barrier();
  await writeFile(join(directory, String(group.rank)), JSON.stringify(bitsOf(run.model)));
  await group.close();
} catch (error) {
  await writeFile(join(directory, `error-${group.rank}`), String(error));
  process.exit(1);
}
