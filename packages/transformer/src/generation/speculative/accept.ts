// The rule that makes guessing lossless (Leviathan et al. 2023; Chen et al. 2023).
import type { Generator } from '@llm/tensor';

/** Takes a guess drawn from q with probability min(1, p/q); a guess that is not taken is replaced by a draw
 *  from max(p − q, 0). What comes out is distributed as p, whatever q is.
 *  @param p, q probabilities [V]; q null stands for a guess that was certain
 *  @returns the token, and whether it is the guess */
export function acceptOrReplace(
  guess: number,
  p: Float64Array,
  q: Float64Array | null,
  generator: Generator,
): { readonly token: number; readonly isGuess: boolean } {
  const share = q === null ? p[guess]! : p[guess]! / q[guess]!;
  if (generator.uniformNumber() < share) return { token: guess, isGuess: true };
  const rest = p.map((probability, i) =>
    q === null ? (i === guess ? 0 : probability) : Math.max(probability - q[i]!, 0),
  );
  return { token: generator.multinomial(rest), isGuess: false };
}
