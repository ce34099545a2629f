import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bundleWorker } from './fixtures/bundle-worker.ts';
import type { ConcurrentWorker } from './fixtures/concurrent-worker.ts';
import type { TrainingWorker } from './fixtures/training-worker.ts';
import { serveWorker, startWorker, type WorkerClient } from './index.ts';

let file: URL;
let worker: WorkerClient<TrainingWorker> | undefined;

beforeAll(async () => {
  file = await bundleWorker('training-worker');
});
afterEach(async () => {
  await worker?.close();
  worker = undefined;
});

const started = () => (worker = startWorker<TrainingWorker>(file));

describe('a worker', () => {
  it('trains, and sends each loss while this thread goes on', async () => {
    const losses: number[] = [];
    for await (const loss of started().stream('train', { steps: 60, width: 8 })) losses.push(loss);
    expect(losses).toHaveLength(60);
    expect(losses.at(-1)).toBeLessThan(0.1 * losses[0]!);
  });

  it('moves arrays and sends tensors as their numbers', async () => {
    const values = Float32Array.of(1, 2, 3);
    const transfer = [values.buffer];
    const result = await started().call('double', { values }, { transfer });
    expect(values).toHaveLength(0); // moved there …
    expect(result.values).toEqual(Float32Array.of(1, 2, 3)); // … and back
    expect(result.sum).toEqual({
      dtype: 'float32',
      shape: [3],
      values: Float32Array.of(2, 4, 6),
    });
  });

  it('stops when the loop is left, and serves the next call', async () => {
    const client = started();
    let seen = 0;
    for await (const _ of client.stream('train', { steps: 1e9, width: 4 })) if (++seen === 3) break;
    const { sum } = await client.call('double', { values: Float32Array.of(4) });
    expect(sum.values).toEqual(Float32Array.of(8));
  });

  it('ends a stream when its signal is aborted, and refuses a call aborted in the queue', async () => {
    const client = started();
    const [first, second] = [new AbortController(), new AbortController()];
    const options = { signal: first.signal };
    const stream = client.stream('train', { steps: 1e9, width: 4 }, options);
    await stream.next();
    const queued = client.call('double', { values: Float32Array.of(1) }, { signal: second.signal });
    second.abort();
    first.abort();
    for await (const loss of stream) expect(loss).toBeGreaterThan(0);
    await expect(queued).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('passes errors on, with their names, and lives', async () => {
    const client = started();
    await expect(client.call('fail', undefined)).rejects.toMatchObject({
      name: 'RangeError',
      message: 'double: values: expected some, got none.',
    });
    await expect(client.call('nothing' as 'fail', undefined)).rejects.toThrow(
      'startWorker: method: expected one of train, double, fail, exit, got nothing.',
    );
    const { values } = await client.call('double', { values: Float32Array.of(5) });
    expect(values[0]).toBe(5);
  });

  it('fails every call when the thread ends', async () => {
    const client = started();
    const exit = client.call('exit', { code: 3 });
    const waiting = client.call('double', { values: Float32Array.of(1) });
    await expect(exit).rejects.toThrow('got its end with code 3');
    await expect(waiting).rejects.toThrow('got its end with code 3');
    await expect(client.call('fail', undefined)).rejects.toThrow('got its end with code 3');
  });

  it('runs calls beside each other where its functions may share the thread', async () => {
    const file = await bundleWorker('concurrent-worker');
    const client = startWorker<ConcurrentWorker>(file);
    worker = client as unknown as WorkerClient<TrainingWorker>;
    const [slow, fast] = [client.stream('count', { to: 4 }), client.stream('count', { to: 2 })];
    const seen: string[] = [];
    const collect = async (name: string, numbers: AsyncIterable<number>): Promise<void> => {
      for await (const number of numbers) seen.push(`${name}${number}`);
    };
    await Promise.all([collect('a', slow), collect('b', fast)]);
    expect(seen.indexOf('b2')).toBeLessThan(seen.indexOf('a4'));
    const controller = new AbortController();
    const endless = client.call('wait', undefined, { signal: controller.signal });
    expect(await client.call('answer', undefined)).toBe(42); // not held up by the one that waits
    controller.abort();
    await expect(endless).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('is served in a worker thread only', () => {
    // vitest's forks are processes of their own
    expect(() => serveWorker({})).toThrow('serveWorker: thread: expected a worker thread');
  });
});
