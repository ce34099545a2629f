// Turns an operating system's refusal to write into one error that says what happened and what is still safe.

import { CheckpointError } from '../errors.ts';

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EROFS: 'the file system is read-only',
  EIO: 'the disk reports an input/output error',
  ENOTDIR: 'a part of the path is a file',
  EEXIST: 'a file of that name is in the way',
};

/** The error to throw instead of `error` when `what` could not be written to `directory`. */
export function diskError(error: unknown, what: string, directory: string, safe: string): unknown {
  const code = codeOf(error);
  const reason = code === undefined ? undefined : REASONS[code];
  if (reason === undefined) return error;
  return new CheckpointError(
    `train: ${what}: expected to write to ${directory}, but ${reason} (${code}). ` +
      `${safe} Make room or choose another folder, then resume.`,
    { cause: error },
  );
}

/** The system's code of an error or of what caused it. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  return (error as NodeJS.ErrnoException).code ?? codeOf(error.cause);
}
