// BART's objective (Lewis et al. 2019): sentences in another order and spans of random length each
// behind one mask; the model writes the text as it was.
import type { Generator } from '@llm/tensor';

export interface DenoiseOptions {
  readonly maskTokenId: number;
  readonly generator: Generator;
  /** Tokens that end a sentence; without them the order stays. */
  readonly sentenceEnds?: readonly number[];
  /** Share of the tokens behind masks. @default 0.3 */
  readonly maskRatio?: number;
  /** Mean of the spans' length, which is Poisson; a span of none is a mask put in. @default 3 */
  readonly meanLength?: number;
}

/** Returns the noisy text; the labels are `ids`. Give the text without its special tokens. */
export function denoiseInput(ids: readonly number[], options: DenoiseOptions): number[] {
  return infill(permuteSentences(ids, options), options);
}

function permuteSentences(
  ids: readonly number[],
  { sentenceEnds = [], generator }: DenoiseOptions,
): number[] {
  const sentences: number[][] = [[]];
  for (const [i, id] of ids.entries()) {
    sentences.at(-1)!.push(id);
    if (sentenceEnds.includes(id) && i < ids.length - 1) sentences.push([]);
  }
  if (sentences.length === 1) return [...ids];
  return Array.from(generator.permutation(sentences.length)).flatMap((i) => sentences[i]!);
}

function infill(ids: readonly number[], options: DenoiseOptions): number[] {
  const { maskTokenId, maskRatio = 0.3, meanLength = 3, generator } = options;
  const budget = Math.round(ids.length * maskRatio);
  const spans: number[] = [];
  for (let left = budget; left > 0; left -= spans.at(-1)!)
    spans.push(Math.min(poisson(meanLength, generator), left));
  // Kept tokens and spans in a random order of kinds: a −1 is one kept token.
  const kinds = [...spans, ...new Array<number>(ids.length - budget).fill(-1)];
  const noisy: number[] = [];
  let at = 0;
  for (const i of generator.permutation(kinds.length)) {
    const kind = kinds[i]!;
    noisy.push(kind < 0 ? ids[at]! : maskTokenId);
    at += kind < 0 ? 1 : kind;
  }
  return noisy;
}

/** By Knuth's product of uniform numbers. */
function poisson(mean: number, generator: Generator): number {
  const limit = Math.exp(-mean);
  let count = -1;
  for (let product = 1; product > limit; count++) product *= generator.uniformNumber();
  return count;
}
