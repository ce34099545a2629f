/** An option that cannot work. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** A checkpoint or run folder that cannot be written or read. */
export class CheckpointError extends Error {
  override name = 'CheckpointError';
}

/** Training went wrong: the loss or the gradient is not a number. */
export class TrainingError extends Error {
  override name = 'TrainingError';
}

/** Workers that train together lost one of them, or never found each other. */
export class DistributedError extends Error {
  override name = 'DistributedError';
}
