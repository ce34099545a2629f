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
}

/** The same source with `map` applied to each batch; the state is the inner source's. */
export function mapBatches<In, Out>(
  source: BatchSource<In>,
  map: (batch: In) => Out | Promise<Out>,
): BatchSource<Out> {
  return {
    next: async () => map(await source.next()),
    getState: () => source.getState(),
    setState: (state) => source.setState(state),
  };
}
