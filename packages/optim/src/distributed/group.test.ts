import { connect } from 'node:net';
import { Generator } from '@llm/tensor';
import { describe, expect, it } from 'vitest';
import { asWorkers, freeAddress, startWorkers } from '../test/local-groups.ts';
import { DistributedError, joinGroup, makeToken, partOf, type Group } from './index.ts';

/** Numbers of very different sizes: any other order of addition gives other bits. */
function numbersOf(rank: number, length: number): Float32Array {
  const generator = new Generator(1000 * rank + length);
  return Float32Array.from({ length }, () => {
    return (generator.uniformNumber() - 0.5) * 10 ** generator.nextInt(12);
  });
}

/** ((a₀ + a₁) + a₂) + …, each sum rounded to float32 */
function sumInOrder(size: number, length: number): Float32Array {
  const sum = numbersOf(0, length);
  for (let rank = 1; rank < size; rank++) {
    numbersOf(rank, length).forEach((term, i) => (sum[i] = Math.fround(sum[i]! + term)));
  }
  return sum;
}

describe('collectives', () => {
  const sizes = [1, 2, 3, 4];
  const lengths = [0, 1, 2, 3, 5, 64, 1001, 20_000];

  it.each(sizes)(
    'of %i workers sum in the order of ranks, to the same bits everywhere',
    async (size) => {
      const results = await asWorkers(size, async (group) => {
        const out: { reduced: Float32Array; part: Float32Array }[] = [];
        for (const length of lengths) {
          const part = await group.reduceScatter(numbersOf(group.rank, length));
          const reduced = numbersOf(group.rank, length);
          await group.allReduce(reduced);
          out.push({ reduced, part });
        }
        return out;
      });
      results.forEach((byLength, rank) => {
        byLength.forEach(({ reduced, part }, i) => {
          const expected = sumInOrder(size, lengths[i]!);
          expect(reduced).toEqual(expected);
          expect(part).toEqual(partOf(expected, rank, size));
        });
      });
    },
  );

  it.each(sizes)('of %i workers pass numbers and values on as they are', async (size) => {
    const strange = [NaN, Infinity, -0, 0.1 + 0.2, 5e-324, null, 'é', [], { a: [true] }];
    await asWorkers(size, async (group) => {
      const { rank } = group;
      for (const root of [0, size - 1]) {
        const array = numbersOf(rank, 1000);
        await group.broadcast(array, root);
        expect(array).toEqual(numbersOf(root, 1000));
        expect(await group.broadcastJson([rank, ...strange], root)).toEqual([root, ...strange]);
      }
      const all = await group.allGather(numbersOf(rank, 10 * rank));
      all.forEach((array, other) => expect(array).toEqual(numbersOf(other, 10 * other)));
      const values = await group.allGatherJson({ rank, strange });
      expect(values).toEqual(values.map((_, other) => ({ rank: other, strange })));
      // To rank r goes an array of length r, nothing to and from rank 0.
      const parts = values.map((_, other) =>
        other > 0 && rank > 0 ? numbersOf(rank, other) : undefined,
      );
      const expected = values.map((_, other) => (other > 0 && rank > 0 ? rank : undefined));
      const got = await group.allToAll(parts, expected);
      got.forEach((array, other) =>
        expect(array).toEqual(other > 0 && rank > 0 ? numbersOf(other, rank) : undefined),
      );
    });
  });

  it('meet at a barrier', async () => {
    let arrived = 0;
    await asWorkers(3, async (group) => {
      await new Promise((resolve) => setTimeout(resolve, 30 * group.rank));
      arrived += 1;
      await group.barrier();
      expect(arrived).toBe(3);
    });
  });

  it('cut arrays into parts that cover them', () => {
    for (const length of lengths) {
      for (const size of sizes) {
        const array = numbersOf(0, length);
        const parts = sizes.slice(0, size).map((_, rank) => [...partOf(array, rank, size)]);
        expect(parts.flat()).toEqual([...array]);
        const counts = parts.map((part) => part.length);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }
    }
  });
});

/** Each worker's error. */
async function errorsOf(size: number, work: (group: Group) => Promise<unknown>, options = {}) {
  const results = await Promise.allSettled(await startWorkers(size, work, options));
  return results.map((result) => (result.status === 'rejected' ? String(result.reason) : 'none'));
}

describe('failure', () => {
  it('of one worker ends the others at once, with its reason', async () => {
    const errors = await errorsOf(3, async (group) => {
      if (group.rank === 1) {
        group.abort(new Error('train: loss: expected a finite number, got NaN'));
        throw new Error('own');
      }
      await group.allReduce(new Float32Array(1000));
    });
    const heard = 'DistributedError: rank 1 failed: train: loss: expected a finite number, got NaN';
    expect(errors).toEqual([heard, 'Error: own', heard]);
  });

  it('by leaving without a word is noticed', async () => {
    const errors = await errorsOf(3, async (group) => {
      if (group.rank === 2) return group.close();
      await group.barrier();
    });
    expect(errors[0]).toMatch(/rank 2 has finished and left|rank 1/);
    expect(errors[2]).toBe('none');
  });

  it('by different calls says so', async () => {
    const errors = await errorsOf(2, async (group) => {
      if (group.rank === 0) await group.barrier();
      await group.allGather(new Float32Array(group.rank + 1));
      await group.allReduce(new Float32Array(group.rank + 1));
    });
    expect(errors.join()).toMatch(
      /expected rank . to do .* \(operation 1\), too, but it did .* \(operation 1\)/,
    );
  });

  it('by arrays of different lengths says so', async () => {
    const errors = await errorsOf(2, (group) =>
      group.allReduce(new Float32Array(4 + 2 * group.rank)),
    );
    expect(errors.join()).toContain('allToAll: array: expected 2 numbers from rank 1, got 3.');
  });

  it('by a worker that does not come forth ends after the timeout', async () => {
    const wait = async (group: Group) => {
      if (group.rank === 0) return group.barrier();
      await new Promise((resolve) => setTimeout(resolve, 400));
      return group.barrier();
    };
    const errors = await errorsOf(2, wait, { timeoutSeconds: 0.1 });
    expect(errors[0]).toContain(
      'expected all 2 workers to take part within 0.1 s, but rank 0 waited in vain',
    );
    expect(errors[1]).toContain('rank 0 waited in vain');
  });
});

describe('joining', () => {
  const token = makeToken();

  it('works over TCP, whoever comes first, and refuses strangers without harm', async () => {
    const address = await freeAddress();
    const join = (rank: number) => joinGroup({ rank, size: 3, address, token, joinSeconds: 10 });
    const late = [join(2), join(1)];
    const zero = join(0);
    // Strangers: another token, another size, noise. The group is met all the same.
    const other = { rank: 1, size: 3, address, token: makeToken(), joinSeconds: 5 };
    await expect(joinGroup(other)).rejects.toThrow(/token|answer/);
    const noise = connect(Number(address.split(':')[1]), '127.0.0.1');
    noise.on('error', () => undefined);
    noise.end('GET / HTTP/1.1\r\n\r\n');
    const groups = await Promise.all([zero, ...late]);
    await Promise.all(
      groups.map(async (group) => {
        const array = Float32Array.of(group.rank);
        await group.allReduce(array);
        expect(array[0]).toBe(3);
        await group.close();
      }),
    );
  });

  it('says who did not come', async () => {
    const address = await freeAddress();
    const zero = joinGroup({ rank: 0, size: 3, address, token, joinSeconds: 0.3 });
    const one = joinGroup({ rank: 1, size: 3, address, token, joinSeconds: 0.3 });
    // Together: either may be the first to give up.
    await Promise.all([
      expect(zero).rejects.toThrow('but rank 2 did not come to rank 0'),
      expect(one).rejects.toThrow(DistributedError),
    ]);
  });

  it('refuses a group of another size', async () => {
    const address = await freeAddress();
    const zero = joinGroup({ rank: 0, size: 2, address, token, joinSeconds: 0.3 });
    const one = joinGroup({ rank: 1, size: 3, address, token, joinSeconds: 0.3 });
    await Promise.all([
      expect(one).rejects.toThrow('size: expected 2 workers as rank 0, got 3 at rank 1'),
      expect(zero).rejects.toThrow('rank 1 did not come'),
    ]);
  });

  it('checks its options', async () => {
    const options = { rank: 0, size: 2, address: 'localhost:29500', token };
    const cases = [
      [{ rank: 2 }, 'joinGroup: rank: expected an integer from 0 to 1, got 2.'],
      [{ size: 0 }, 'joinGroup: size: expected a positive integer, got 0.'],
      [{ token: 'short' }, 'joinGroup: token: expected at least 16 characters, got 5.'],
      [{ address: 'localhost' }, 'joinGroup: address: expected host:port'],
      [{ timeoutSeconds: 0 }, 'joinGroup: timeoutSeconds: expected a number > 0, got 0.'],
    ] as const;
    for (const [change, message] of cases) {
      await expect(joinGroup({ ...options, ...change })).rejects.toThrow(message);
    }
  });
});
