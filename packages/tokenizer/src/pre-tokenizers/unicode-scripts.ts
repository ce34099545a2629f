/**
 * UnicodeScripts: cuts where the script changes. Hiragana, Katakana and the long vowel mark count as Han, and a blank
 * or an unassigned character goes with what is around it. As in Rust `tokenizers`, such characters at the very
 * beginning are dropped.
 */
import type { PieceSpan, Splitter } from './split.ts';

const ANY = '';
const SCRIPTS =
  'Latin Common Inherited Han Hiragana Katakana Cyrillic Arabic Greek Hebrew Devanagari Thai Hangul Adlam Ahom Anatolian_Hieroglyphs Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali Bhaiksuki Bopomofo Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian Caucasian_Albanian Chakma Cham Cherokee Coptic Cuneiform Cypriot Deseret Duployan Egyptian_Hieroglyphs Elbasan Ethiopic Georgian Glagolitic Gothic Grantha Gujarati Gurmukhi Hanunoo Hatran Imperial_Aramaic Inscriptional_Pahlavi Inscriptional_Parthian Javanese Kaithi Kannada Kayah_Li Kharoshthi Khmer Khojki Khudawadi Lao Lepcha Limbu Linear_A Linear_B Lisu Lycian Lydian Mahajani Malayalam Mandaic Manichaean Marchen Meetei_Mayek Mende_Kikakui Meroitic_Cursive Meroitic_Hieroglyphs Miao Modi Mongolian Mro Multani Myanmar Nabataean New_Tai_Lue Newa Nko Ogham Ol_Chiki Old_Hungarian Old_Italic Old_North_Arabian Old_Permic Old_Persian Old_South_Arabian Old_Turkic Oriya Osage Osmanya Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi Rejang Runic Samaritan Saurashtra Sharada Shavian Siddham SignWriting Sinhala Sora_Sompeng Sundanese Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le Tai_Tham Tai_Viet Takri Tamil Tangut Telugu Thaana Tibetan Tifinagh Tirhuta Ugaritic Vai Warang_Citi Yi';

export function unicodeScripts(): Splitter {
  const tests = SCRIPTS.split(' ').map(
    (name) => [name, new RegExp(`^\\p{Script=${name}}`, 'u')] as const,
  );
  const known = new Map<string, string>();
  const scriptOf = (character: string): string => {
    let script = known.get(character);
    if (script === undefined) known.set(character, (script = findScript(tests, character)));
    return script;
  };
  return (text) => splitByScript(text, scriptOf);
}

function findScript(tests: readonly (readonly [string, RegExp])[], character: string): string {
  if (character === ' ') return ANY;
  if (character === '\u30FC') return 'Han';
  const name = tests.find(([, pattern]) => pattern.test(character))?.[0] ?? ANY;
  return name === 'Hiragana' || name === 'Katakana' ? 'Han' : name;
}

function splitByScript(text: string, scriptOf: (character: string) => string): PieceSpan[] {
  const starts: number[] = [];
  let last: string | undefined;
  let position = 0;
  for (const character of text) {
    const script = scriptOf(character);
    if (script !== ANY && script !== last) {
      starts.push(position);
      last = script;
    }
    position += character.length;
  }
  return starts.map((start, i) => ({ start, end: starts[i + 1] ?? text.length }));
}
