import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { crc32c, maskedCrc32c } from './crc32c.ts';
import { createEventFile } from './event-file.ts';
import { scalarsRecord } from './event-record.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'events-'));
});
afterEach(() => rm(directory, { recursive: true }));

/** The data of each TFRecord, after checking both CRCs. */
function records(file: Uint8Array): Uint8Array[] {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const out: Uint8Array[] = [];
  for (let at = 0; at < file.length;) {
    const length = Number(view.getBigUint64(at, true));
    const data = file.subarray(at + 12, at + 12 + length);
    expect(view.getUint32(at + 8, true)).toBe(maskedCrc32c(file.subarray(at, at + 8)));
    expect(view.getUint32(at + 12 + length, true)).toBe(maskedCrc32c(data));
    out.push(data);
    at += 16 + length;
  }
  return out;
}

describe('crc32c', () => {
  it('gives the published check values', () => {
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283); // the catalogue's check value
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa); // RFC 3720, B.4: 32 bytes of zeros
    expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43); // and of ones
  });
});

describe('event file', () => {
  it('holds the version, the start of a resumed session and the scalars', async () => {
    const file = await createEventFile(directory, 7, () => 1234.5);
    await file.scalars(300, { loss: 0.5 });
    await file.close();
    expect(basename(file.path)).toMatch(/^events\.out\.tfevents\.0000001234\./);
    const [version, session, scalars, ...rest] = records(await readFile(file.path));
    expect(new TextDecoder().decode(version)).toContain('brain.Event:2');
    // wall time (field 1, 9 bytes), step 8 (field 2), session_log (field 7) with status START = 1 (field 1)
    expect([...session!.subarray(9)]).toEqual([0x10, 8, 0x3a, 2, 0x08, 1]);
    // step 300 = 0xac 0x02; summary (field 5) of one value (field 1): tag (1) "loss", simple_value (2) float 0.5
    const value = [0x0a, 4, ...new TextEncoder().encode('loss'), 0x15, 0, 0, 0, 0x3f];
    expect([...scalars!.subarray(9)]).toEqual([
      ...[0x10, 0xac, 2, 0x2a, value.length + 2, 0x0a, value.length],
      ...value,
    ]);
    expect(rest).toEqual([]);
  });

  it('never shares a file with another run of the same second', async () => {
    const first = await createEventFile(directory, 0, () => 5);
    const second = await createEventFile(directory, 0, () => 5);
    expect(second.path).not.toBe(first.path);
    await first.close();
    await second.close();
  });

  it('writes long summaries with a length of several bytes', () => {
    const values = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`metric/${i}`, i]));
    const [data] = records(scalarsRecord({ wallTime: 1, step: 2 }, values));
    expect(data!.length).toBeGreaterThan(256);
    const summaryLength = data!.length - 9 - 2 - 3; // time, step, tag and two length bytes
    expect([data![12], data![13]]).toEqual([(summaryLength % 128) | 128, summaryLength >> 7]);
  });
});
