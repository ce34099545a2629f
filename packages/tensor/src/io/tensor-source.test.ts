/** Tensors that are parts of mapped files: not copied, private when written, alive after `close`. */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { useBackend } from '../backends/use-backend.ts';
import { FormatError } from '../errors/errors.ts';
import { memoryStats } from '../memory/statistics.ts';
import { kvCacheWrite } from '../ops/kv-cache-write.ts';
import { openSafetensors } from './safetensors-read.ts';
import { writeSafetensors } from './safetensors-write.ts';

const folder = mkdtempSync(join(tmpdir(), 'llm-map-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const MEBIBYTE = 2 ** 20;
const path = join(folder, 'weights.safetensors');

describe('on native', () => {
  beforeAll(() => useBackend('native', { threads: 1 }));

  beforeEach(async () => {
    const cache = tf.tensor(
      Float32Array.from({ length: 24 }, (_, i) => i),
      [1, 3, 2, 4],
    );
    const ids = tf.tensor1d([7, -8], 'int32');
    await writeSafetensors(
      path,
      new Map<string, tf.Tensor>([
        ['cache', cache],
        ['ids', ids],
      ]),
    );
    tf.dispose([cache, ids]);
  });

  it('maps a large file without copying it: neither live bytes nor resident memory grow', async () => {
    const large = join(folder, 'large.safetensors');
    const data = tf.zeros([96, MEBIBYTE / 4]);
    await writeSafetensors(large, new Map([['w', data]]));
    data.dispose();
    const before = memoryStats();
    const resident = process.memoryUsage().rss;
    const file = await openSafetensors(large);
    const w = await file.read('w');
    await file.close();
    const after = memoryStats();
    expect(after.mappedBytes - before.mappedBytes).toBe(96 * MEBIBYTE);
    expect(after.liveBytes).toBe(before.liveBytes);
    expect(process.memoryUsage().rss - resident).toBeLessThan(32 * MEBIBYTE);
    w.dispose();
    expect(memoryStats().mappedBytes).toBe(before.mappedBytes);
  });

  it('keeps tensors alive after close, and computes with them', async () => {
    const file = await openSafetensors(path);
    const cache = await file.read('cache');
    const ids = await file.read('ids');
    await file.close();
    expect(cache.shape).toEqual([1, 3, 2, 4]);
    expect(tf.tidy(() => tf.sum(cache).dataSync()[0])).toBe((23 * 24) / 2);
    expect([...ids.dataSync()]).toEqual([7, -8]);
    tf.dispose([cache, ids]);
  });

  it('leaves the file as it is when a tensor is written in place', async () => {
    const file = await openSafetensors(path);
    const [mine, theirs] = [await file.read('cache'), await file.read('cache')] as tf.Tensor4D[];
    const x = tf.fill([1, 1, 2, 4], -1) as tf.Tensor4D;
    kvCacheWrite(mine!, x, 0);
    expect([...mine!.dataSync().slice(0, 9)]).toEqual([-1, -1, -1, -1, -1, -1, -1, -1, 8]);
    const again = await openSafetensors(path, { memoryMap: false });
    const stored = await again.read('cache');
    expect([...stored.dataSync().slice(0, 3)]).toEqual([0, 1, 2]);
    tf.dispose([mine!, theirs!, x, stored]);
    await file.close();
    await again.close();
  });

  it('copies where the file does not align a tensor', async () => {
    const header = JSON.stringify({ a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } });
    const bytes = Buffer.alloc(8 + header.length + 8);
    expect(bytes.length % 4).not.toBe(0);
    bytes.writeBigUInt64LE(BigInt(header.length));
    bytes.write(header, 8);
    bytes.writeFloatLE(1.5, 8 + header.length);
    const crooked = join(folder, 'crooked.safetensors');
    writeFileSync(crooked, bytes);
    const file = await openSafetensors(crooked);
    const before = memoryStats().mappedBytes;
    const a = await file.read('a');
    expect(memoryStats().mappedBytes).toBe(before);
    expect([...a.dataSync()]).toEqual([1.5, 0]);
    a.dispose();
    await file.close();
  });

  it('refuses a file that was cut after it was opened', async () => {
    const file = await openSafetensors(path);
    truncateSync(path, 100);
    await expect(file.read('cache')).rejects.toThrow(FormatError);
    await expect(file.read('cache')).rejects.toThrow(
      /expected \d+ bytes, got 100: it was replaced/,
    );
    await file.close();
  });

  it('reads where asked not to map', async () => {
    const before = memoryStats();
    const file = await openSafetensors(path, { memoryMap: false });
    const cache = await file.read('cache');
    expect(memoryStats().mappedBytes).toBe(before.mappedBytes);
    expect(memoryStats().liveBytes).toBe(before.liveBytes + 24 * 4);
    cache.dispose();
    await file.close();
  });
});

it('moves to another backend with its values', async () => {
  await useBackend('native', { threads: 1 });
  const x = tf.range(0, 4);
  await writeSafetensors(path, new Map([['x', x]]));
  const file = await openSafetensors(path);
  const mapped = await file.read('x');
  await useBackend('cpu');
  expect(tf.tidy(() => tf.sum(mapped).dataSync()[0])).toBe(6);
  const read = await file.read('x'); // cannot map
  expect([...read.dataSync()]).toEqual([0, 1, 2, 3]);
  await file.close();
  tf.dispose([x, mapped, read]);
});
