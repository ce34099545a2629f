// The options of beam search and what makes them valid.
import type { GenerateOptions } from '../options.ts';

export interface BeamOptions {
  /** Texts followed side by side; 1 is no beam search. With a temperature they are sampled. @default 1 */
  readonly numBeams?: number;
  /** Groups of beams that avoid each other's tokens (Vijayakumar et al. 2016); divides numBeams. @default 1 */
  readonly numBeamGroups?: number;
  /** Subtracted from a token's log-probability for each time that an earlier group has just chosen it. @default 0 */
  readonly diversityPenalty?: number;
  /** A text scores Σ log p / length ** lengthPenalty: above 0 favours long texts. @default 1 */
  readonly lengthPenalty?: number;
  /** true stops once numBeams texts have ended; false once the best open text, at its present length,
   *  cannot beat them; 'never' only once no open text can, at whatever length. @default false */
  readonly earlyStopping?: boolean | 'never';
  /** Phrases (token ids) that all must be written. Beams are shared out over how much of them is done
   *  (Post & Vilar 2018); without beams the rest of them comes last. */
  readonly forceWords?: readonly (readonly number[])[];
}

/** What is wrong with them: the option, what it may be, what it is. */
export function wrongBeamOption(
  options: GenerateOptions,
): readonly [name: string, expected: string, got: unknown] | null {
  const { numBeams = 1, numBeamGroups = 1, numReturnSequences = 1, forceWords = [] } = options;
  const isPositive = (value: number): boolean => Number.isSafeInteger(value) && value > 0;
  if (!isPositive(numBeams)) return ['numBeams', 'a positive integer', numBeams];
  if (!isPositive(numBeamGroups) || numBeams % numBeamGroups !== 0)
    return ['numBeamGroups', `a divisor of numBeams, ${numBeams}`, numBeamGroups];
  if (numBeams > 1 && numReturnSequences > numBeams)
    return ['numReturnSequences', `at most numBeams, ${numBeams}`, numReturnSequences];
  if (numBeamGroups > 1 && (options.temperature ?? 0) > 0)
    return ['temperature', '0: groups of beams are not sampled', options.temperature];
  if (forceWords.some((words) => words.length === 0))
    return ['forceWords', 'phrases of at least one token', 'an empty one'];
  return null;
}
