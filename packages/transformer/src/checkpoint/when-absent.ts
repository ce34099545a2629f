import { CheckpointError } from '../errors.ts';

export const isAbsent = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';

/** For a promise's catch: turns "no such file" into what should have been at `path`. */
export function whenAbsent(path: string, expected: string): (error: unknown) => never {
  return (error) => {
    if (!isAbsent(error)) throw error;
    throw new CheckpointError(
      `loadModel: ${path}: expected ${expected}, got nothing. Check the path, or download the model again.`,
    );
  };
}
