// The error of this package: data that no model can learn from. Wrong shapes throw @llm/tensor's ShapeError.

/** A row or data set that cannot be used. The message names the row and says what to change. */
export class DataError extends Error {
  override readonly name = 'DataError';
}

/** Options that contradict each other or lie outside their range. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
