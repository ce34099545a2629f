import { mapBatches, shuffledBatches } from '@llm/optim';
import type { BatchSource } from '@llm/optim';
import { Generator } from '@llm/tensor';

/** Shuffled batches of the examples, each made by `collate`. */
export function batchesOf<Example, Batch>(
  examples: readonly Example[],
  { batchSize, seed }: { batchSize: number; seed: number },
  collate: (rows: Example[]) => Batch,
): BatchSource<Batch> {
  const indices = shuffledBatches(examples.length, batchSize, new Generator(seed));
  return mapBatches(indices, (batch) => collate(Array.from(batch, (i) => examples[i]!)));
}

/** Batches of examples of like length, so that little is padded: buckets of the sorted examples, a random
 *  one each time. Each example is as likely as another. */
export function bucketedBatches<Example, Batch>(
  examples: readonly Example[],
  {
    batchSize,
    seed,
    length,
  }: { batchSize: number; seed: number; length: (example: Example) => number },
  collate: (rows: Example[]) => Batch,
): BatchSource<Batch> {
  const sorted = [...examples].sort((a, b) => length(a) - length(b));
  const size = Math.min(batchSize, sorted.length);
  const starts = Array.from({ length: Math.floor(sorted.length / size) }, (_, i) => i * size);
  const slack = sorted.length - starts.length * size; // moves the borders from batch to batch
  const generator = new Generator(seed);
  const order = shuffledBatches(starts.length, 1, generator);
  return {
    next: async () => {
      const start = starts[order.next()[0]!]! + generator.nextInt(slack + 1);
      return collate(sorted.slice(start, start + size));
    },
    getState: () => ({ order: order.getState(), generator: { ...generator.getState() } }),
    setState: (state) => {
      const { order: place, generator: random } = state as {
        order: never;
        generator: { seed: number; counter: number };
      };
      order.setState(place);
      generator.setState(random);
    },
  };
}
