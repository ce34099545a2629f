/**
 * Nmt, the clean-up of SentencePiece's nmt rules: control characters go, and every kind of blank becomes a space. The
 * two sets are those of Rust `tokenizers` 0.23.
 */
// eslint-disable-next-line no-control-regex -- control characters are what it is about
const DROPPED = /[\u0001-\u0008\u000B\u000E-\u001F\u007F\u008F\u009F]/gu;
const BLANKS = /[\t\n\f\r\u1680\u200B-\u200F\u2028\u2029\u2581\uFEFF\uFFFD]/gu;

export function nmt(text: string): string {
  return text.replace(DROPPED, '').replace(BLANKS, ' ');
}
