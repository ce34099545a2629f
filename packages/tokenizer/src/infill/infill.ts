/** Fill-in-the-middle (Bavarian et al. 2022): the text before and after a gap as a prompt, for models whose vocabulary
 *  has tokens for it. */
import { TokenizerError } from '../errors.ts';
import type { Tokenizer } from '../tokenizer.ts';

interface InfillTokens {
  readonly prefix: string;
  readonly suffix: string;
  /** Absent where the suffix comes first and the prefix last, so that the model goes on from it. */
  readonly middle?: string;
}

const KNOWN: readonly InfillTokens[] = [
  // Qwen2.5-Coder, CodeGemma
  { prefix: '<|fim_prefix|>', suffix: '<|fim_suffix|>', middle: '<|fim_middle|>' },
  // StarCoder, Granite; SantaCoder
  { prefix: '<fim_prefix>', suffix: '<fim_suffix>', middle: '<fim_middle>' },
  { prefix: '<fim-prefix>', suffix: '<fim-suffix>', middle: '<fim-middle>' },
  // DeepSeek-Coder: begin, hole, end
  { prefix: '<｜fim▁begin｜>', suffix: '<｜fim▁hole｜>', middle: '<｜fim▁end｜>' },
  // Code Llama
  { prefix: '▁<PRE>', suffix: '▁<SUF>', middle: '▁<MID>' },
  // Codestral
  { prefix: '[PREFIX]', suffix: '[SUFFIX]' },
];

/** The ids after which the model writes what stands between `before` and `after`.
 *  @throws TokenizerError when the vocabulary has no tokens for it */
export function infillPrompt(tokenizer: Tokenizer, before: string, after: string): number[] {
  const known = KNOWN.find((tokens) =>
    Object.values(tokens).every((token: string) => tokenizer.tokenToId(token) !== undefined),
  );
  if (known === undefined) {
    throw new TokenizerError(
      'infillPrompt: tokenizer: expected a vocabulary with fill-in-the-middle tokens such as <|fim_prefix|>, got none. Use a model trained for it.',
    );
  }
  const id = (token: string): number => tokenizer.tokenToId(token) as number;
  const encode = (text: string): number[] => tokenizer.encode(text, { addSpecialTokens: false });
  const first = [id(known.prefix), ...encode(before)];
  const second = [id(known.suffix), ...encode(after)];
  const parts =
    known.middle === undefined ? [...second, ...first] : [...first, ...second, id(known.middle)];
  return [...beginning(tokenizer), ...parts];
}

/** The token that the tokenizer puts before every text, if it does. */
function beginning(tokenizer: Tokenizer): number[] {
  const { bosTokenId } = tokenizer;
  return bosTokenId !== undefined && tokenizer.encode('a')[0] === bosTokenId ? [bosTokenId] : [];
}
