/** WordPiece: `##` joins a token to the one before, a space parts the others; `cleanup` draws punctuation to its word. */
const CLEANUPS: readonly (readonly [string, string])[] = [
  [' .', '.'],
  [' ?', '?'],
  [' !', '!'],
  [' ,', ','],
  [" ' ", "'"],
  [" n't", "n't"],
  [" 'm", "'m"],
  [' do not', " don't"],
  [" 's", "'s"],
  [" 've", "'ve"],
  [" 're", "'re"],
];

export function wordPieceDecoder(prefix: string, cleanup: boolean): (tokens: string[]) => string[] {
  return (tokens) =>
    tokens.map((token, i) => {
      let text = token;
      if (i > 0) text = token.startsWith(prefix) ? token.replace(prefix, () => '') : ` ${token}`;
      return cleanup ? cleanUp(text) : text;
    });
}

export function cleanUp(text: string): string {
  return CLEANUPS.reduce((current, [from, to]) => current.replaceAll(from, () => to), text);
}
