// Named entities in the Brown corpus. Where a name begins and ends is what its annotators said: a run of
// words tagged as proper nouns (np) or as parts of a title (-tl). What kind of name it is nobody tagged:
// that is decided here by titles, key words and lists of names (distant supervision), so the kinds of the
// test data are as good as these rules and no better.
import type { BrownText, TaggedWord } from './brown.ts';
import type { Gazetteer } from './gazetteer.ts';

export const KINDS = ['PER', 'LOC', 'ORG', 'MISC'] as const;
export type Kind = (typeof KINDS)[number];

/** O first, then B- and I- of each kind. */
export const TAGS: readonly string[] = [
  'O',
  ...KINDS.flatMap((kind) => [`B-${kind}`, `I-${kind}`]),
];

export interface TaggedSentence {
  readonly words: readonly string[];
  /** One of TAGS for each word. */
  readonly tags: readonly string[];
}

const words = (list: string): ReadonlySet<string> => new Set(list.split(' '));
const TITLES = words(
  'Mr. Mrs. Miss Dr. Sen. Rep. Gov. Prof. Rev. Judge President Senator Governor Mayor General Gen. Col. Capt. Captain Sgt. Sheriff Secretary King Queen Prince Pope Sir Lady Lord Father Mother Uncle Aunt St.',
);
const ORGANISATIONS = words(
  'Company Co. Corp. Corporation Inc. Ltd. University College School Department Committee Commission Board Court Congress Senate House Party Union Church Association Society Club Bank Army Navy Force Council Institute League Hospital Administration Agency Bureau Assembly Legislature Nations Foundation Press Times Police Guard Ministry Cabinet Federation Conference Jury Authority Office Service Corps Museum Orchestra Theatre Railroad Lines Airlines Motors Industries',
);
const PLACES = words(
  'River County Street St. Avenue Ave. Island Islands Mountain Mountains Lake Bay City State States Ocean Sea Valley Road Square Park Hill Hills Creek Springs Beach Coast Coastline Town Village Drive Boulevard Highway Bridge Canyon Falls Point Port Harbor Hall Center Kingdom Republic East West South North',
);
const MONTHS = words(
  'January February March April May June July August September October November December Jan. Feb. Mar. Apr. Jun. Jul. Aug. Sept. Oct. Nov. Dec. Monday Tuesday Wednesday Thursday Friday Saturday Sunday',
);

export function entitySentences(
  texts: readonly BrownText[],
  gazetteer: Gazetteer,
): TaggedSentence[] {
  return texts.flatMap(({ sentences }) =>
    sentences.map((sentence) => tagSentence(sentence, gazetteer)),
  );
}

export function tagSentence(sentence: readonly TaggedWord[], gazetteer: Gazetteer): TaggedSentence {
  const tags = sentence.map(() => 'O');
  for (let start = 0; start < sentence.length; start++) {
    let end = start;
    while (end < sentence.length && isNamePart(sentence[end]!)) end += 1;
    if (end === start) continue;
    const kind = kindOf(sentence.slice(start, end), gazetteer);
    if (kind !== undefined) {
      tags.fill(`I-${kind}`, start, end);
      tags[start] = `B-${kind}`;
    }
    start = end;
  }
  return { words: sentence.map(({ word }) => word), tags };
}

const isNamePart = ({ word, tag }: TaggedWord): boolean =>
  /[A-Za-z0-9]/.test(word) && (/^np/.test(tag) || tag.includes('-tl'));

/** Undefined for dates and for what has no capital, which is no name. */
function kindOf(run: readonly TaggedWord[], { places, firstNames }: Gazetteer): Kind | undefined {
  const names = run.map(({ word }) => word.replace(/'s?$/, ''));
  if (names.every((name) => MONTHS.has(name) || !/^[A-Z]/.test(name))) return undefined;
  const whole = names.join(' ').replace(/^The /, '');
  const first = names[0]!;
  const last = names.at(-1)!;
  const isAllProper = run.every(({ tag }) => tag.startsWith('np'));
  if (TITLES.has(first) && names.length > 1 && run.at(-1)!.tag.startsWith('np')) return 'PER';
  if (names.some((name) => ORGANISATIONS.has(name))) return 'ORG';
  if (places.has(whole)) return 'LOC';
  if (isAllProper && firstNames.has(first)) return 'PER';
  if (isAllProper && names.length > 1 && /^[A-Z]\.$/.test(first)) return 'PER'; // "J. Smith"
  if (PLACES.has(last) || PLACES.has(first)) return 'LOC';
  return 'MISC';
}
