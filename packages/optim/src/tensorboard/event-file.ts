// A TensorBoard event file that grows by one record a step. A killed process leaves at most half a record at the
// end, which TensorBoard ignores; a resumed run writes a file of its own that begins with "start again at step N".

import { open, type FileHandle } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileVersionRecord, scalarsRecord, sessionStartRecord } from './event-record.ts';

export interface EventFile {
  readonly path: string;
  /** Writes one number for each tag. */
  scalars(step: number, values: Readonly<Record<string, number>>): Promise<void>;
  close(): Promise<void>;
}

/** Creates `events.out.tfevents.<time>.<host>.<pid>.<n>` in the directory. `now` gives seconds since 1970. */
export async function createEventFile(
  directory: string,
  startStep: number,
  now: () => number = () => Date.now() / 1000,
): Promise<EventFile> {
  const { handle, path } = await openNew(directory, Math.floor(now()));
  const write = async (record: Uint8Array) => void (await handle.appendFile(record));
  try {
    await write(fileVersionRecord(now()));
    if (startStep > 0) await write(sessionStartRecord({ wallTime: now(), step: startStep + 1 }));
  } catch (error) {
    await handle.close();
    throw error;
  }
  return {
    path,
    scalars: (step, values) => write(scalarsRecord({ wallTime: now(), step }, values)),
    close: () => handle.close(),
  };
}

/** The first free name, so that two runs in the same second don't share a file. */
async function openNew(
  directory: string,
  seconds: number,
): Promise<{ handle: FileHandle; path: string }> {
  const stem = `events.out.tfevents.${String(seconds).padStart(10, '0')}.${hostname()}.${process.pid}`;
  for (let n = 0; ; n++) {
    const path = join(directory, `${stem}.${n}`);
    try {
      return { handle: await open(path, 'wx'), path };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}
