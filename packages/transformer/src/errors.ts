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

/** A hub does not give a model: not there, not allowed, damaged on the way, or no connection. */
export class HubError extends Error {
  override readonly name = 'HubError';
}
