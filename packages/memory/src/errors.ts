/** A configuration, header or option that memory formulas cannot work with. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}
