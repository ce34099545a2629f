// What a model on a hub is called: `hub:org/name`, `hub:org/name@revision`, `hub:org/name/file.gguf`.
import { HubError } from '../errors.ts';

export interface HubName {
  /** `org/name`, or `name` alone for the hub's oldest models. */
  readonly repo: string;
  /** Branch, tag or commit. */
  readonly revision?: string;
  /** One file of it; absent for what a model needs. */
  readonly file?: string;
}

const PREFIX = 'hub:';
const PART = '[A-Za-z0-9][A-Za-z0-9._-]*';
const NAME = new RegExp(`^(${PART}(?:/${PART})?)(?:@([A-Za-z0-9][A-Za-z0-9._-]*))?(?:/(.+))?$`);

/** Whether a path names a model on a hub. */
export const isHubName = (path: string): boolean => path.startsWith(PREFIX);

/** Reads a name, with or without `hub:`. A revision with slashes goes into the options. Throws HubError. */
export function parseHubName(name: string): HubName {
  const match = NAME.exec(isHubName(name) ? name.slice(PREFIX.length) : name);
  const [, repo, revision, file] = match ?? [];
  if (repo === undefined || repo.includes('..') || repo.includes('--')) {
    throw new HubError(
      `hub: name: expected org/name, org/name@revision or org/name/file.gguf, got ${JSON.stringify(name)}.`,
    );
  }
  if (file !== undefined) checkFileName(repo, file);
  return { repo, ...(revision && { revision }), ...(file && { file }) };
}

/** A file's name comes from the server: it must stay within the snapshot's folder. Throws HubError. */
export function checkFileName(repo: string, file: string): void {
  const parts = file.split('/');
  // eslint-disable-next-line no-control-regex -- names with control characters are what is refused
  const isSafe = parts.every((part) => part !== '' && !/^\.\.?$|[\\:\u0000-\u001f]/.test(part));
  if (isSafe) return;
  throw new HubError(
    `hub: ${repo}: expected names of files within it, got ${JSON.stringify(file)}. Do not use this model.`,
  );
}
