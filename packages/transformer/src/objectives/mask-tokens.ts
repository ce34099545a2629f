// Masked language modelling (Devlin et al. 2018): of the tokens chosen, most become the mask, some
// another token, the rest stay; the model is asked for all of them.
import type { Generator } from '@llm/tensor';

export interface MaskOptions {
  readonly maskTokenId: number;
  readonly vocabSize: number;
  /** Never chosen, and never put in the place of another. */
  readonly specialTokens: readonly number[];
  readonly generator: Generator;
  /** Share of the tokens (or words) chosen. @default 0.15 */
  readonly probability?: number;
  /** Share of the chosen that become the mask. @default 0.8 */
  readonly maskShare?: number;
  /** Share of the chosen that become a random token. @default 0.1 */
  readonly randomShare?: number;
  /** For each token whether a word begins with it: words are then chosen whole. */
  readonly wordStarts?: readonly boolean[];
}

/** What a model reads and what it is asked for. */
export interface MaskedTokens {
  readonly inputIds: number[];
  /** The original token where it was chosen, else −100. */
  readonly labels: number[];
}

/** Masks one text. The same generator state gives the same masks. */
export function maskTokens(ids: readonly number[], options: MaskOptions): MaskedTokens {
  const { maskTokenId, generator, maskShare = 0.8, randomShare = 0.1 } = options;
  const chosen = choose(ids, options);
  const inputIds = [...ids];
  const labels = ids.map((id, i) => (chosen[i] ? id : -100));
  for (const i of ids.keys()) {
    if (!chosen[i]) continue;
    const draw = generator.uniformNumber();
    if (draw < maskShare) inputIds[i] = maskTokenId;
    else if (draw < maskShare + randomShare) inputIds[i] = plainToken(options);
  }
  return { inputIds, labels };
}

function choose(ids: readonly number[], options: MaskOptions): boolean[] {
  const { generator, probability = 0.15, wordStarts } = options;
  const special = new Set(options.specialTokens);
  let isChosen = false;
  let afterSpecial = true;
  return ids.map((id, i) => {
    if (special.has(id)) {
      afterSpecial = true;
      return false;
    }
    const begins = wordStarts === undefined || afterSpecial || wordStarts[i] === true;
    if (begins) isChosen = generator.uniformNumber() < probability;
    afterSpecial = false;
    return isChosen;
  });
}

/** A random token that is not special. */
function plainToken({ vocabSize, specialTokens, generator }: MaskOptions): number {
  for (;;) {
    const token = generator.nextInt(vocabSize);
    if (!specialTokens.includes(token)) return token;
  }
}
