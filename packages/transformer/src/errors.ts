/** A configuration that names an unknown architecture or holds a value that cannot work. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** A checkpoint whose tensors do not fit the model: missing, unknown or of another shape. */
export class CheckpointError extends Error {
  override name = 'CheckpointError';
}

/** Options of generation that cannot be met. */
export class GenerationError extends Error {
  override name = 'GenerationError';
}
