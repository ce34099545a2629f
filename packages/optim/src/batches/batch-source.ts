// Where a training loop gets its batches: an endless stream that can say where it stands and go back there.
// The state is small and JSON, so a checkpoint can hold it.

/** What JSON can hold. */
export type JsonValue =
  null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** Anything whose state a checkpoint keeps: a data source, a random generator, a controller. */
export interface Resumable {
  getState(): JsonValue;
  setState(state: JsonValue): void;
}

/** An endless source of batches. After setState(getState()) the same batches follow. */
export interface BatchSource<Batch> extends Resumable {
  next(): Batch | Promise<Batch>;
  /** Passes over so many batches, where that is cheaper than making them; they are another worker's. */
  skip?(count: number): void | Promise<void>;
}

/** The same source with `map` applied to each batch; the state is the inner source's. */
export function mapBatches<In, Out>(
  source: BatchSource<In>,
  map: (batch: In) => Out | Promise<Out>,
): BatchSource<Out> {
  return {
    ...(source.skip && { skip: (count: number) => source.skip?.(count) }),
    next: async () => map(await source.next()),
    getState: () => source.getState(),
    setState: (state) => source.setState(state),
  };
}

/** Passes over `count` batches. */
export async function skipBatches<Batch>(
  source: BatchSource<Batch>,
  count: number,
  dispose: (batch: Batch) => void,
): Promise<void> {
  if (count === 0) return;
  if (source.skip) return source.skip(count);
  for (let i = 0; i < count; i++) dispose(await source.next());
}
