/** An adapter or model that the operation cannot work with. */
export class AdapterError extends Error {
  override name = 'AdapterError';
}
