/** Base of every error this package throws on purpose: `op: argument: expected X, got Y. What to do.` */
export class TokenizerError extends Error {
  override name = 'TokenizerError';
}

/** A file or a JSON document does not have the form it must have. */
export class TokenizerFormatError extends TokenizerError {
  override name = 'TokenizerFormatError';
}

/** A file asks for a component or an option that this package does not know. */
export class UnsupportedComponentError extends TokenizerError {
  override name = 'UnsupportedComponentError';
}
