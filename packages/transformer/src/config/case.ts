// config.json uses snake_case keys, TypeScript camelCase ones; nested records follow the same rule.
type Json = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function mapKeys(record: Json, rename: (key: string) => string): Record<string, unknown> {
  const entries = Object.entries(record).map(([key, value]) => [
    rename(key),
    isRecord(value) ? mapKeys(value, rename) : value,
  ]);
  return Object.fromEntries(entries);
}

/** `num_hidden_layers` → `numHiddenLayers`. */
export const camelKeys = (record: Json): Record<string, unknown> =>
  mapKeys(record, (key) => key.replace(/_([a-z0-9])/g, (_, c: string) => c.toUpperCase()));

/** `numHiddenLayers` → `num_hidden_layers`. */
export const snakeKeys = (record: Json): Record<string, unknown> =>
  mapKeys(record, (key) => key.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`));
