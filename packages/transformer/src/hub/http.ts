// One request to a hub: redirects followed by hand, so that the token stays with the host it is for, and
// failures told in words.
import { HubError } from '../errors.ts';

export interface Access {
  /** For private and gated models. */
  readonly token?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface Request extends Access {
  readonly method?: 'GET' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
  /** Leaves a redirect to another host to the caller: its answer has the file's metadata. */
  readonly staysOnHost?: boolean;
}

/** The connection failed, or broke: another attempt may go on. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
}

const MAX_REDIRECTS = 10;

/** @throws ConnectionError where no answer comes; whoever aborts gets the signal's reason */
export async function request(url: string, options: Request): Promise<Response> {
  const { method = 'GET', headers = {}, token, signal, staysOnHost = false } = options;
  const { origin } = new URL(url);
  let current = url;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    const isHome = new URL(current).origin === origin;
    const response = await fetch(current, {
      method,
      redirect: 'manual',
      signal: signal ?? null,
      headers: {
        // Compressed bodies would have other lengths than the files.
        'Accept-Encoding': 'identity',
        ...headers,
        ...(token && isHome && { Authorization: `Bearer ${token}` }),
      },
    }).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw new ConnectionError(`${new URL(current).host}: ${reason(error)}`, { cause: error });
    });
    const location = response.headers.get('location');
    if (response.status < 300 || response.status > 399 || location === null) return response;
    const next = new URL(location, current);
    if (staysOnHost && next.origin !== origin) return response;
    await response.body?.cancel();
    current = next.href;
  }
  throw new HubError(`hub: ${url}: expected at most ${MAX_REDIRECTS} redirects, got more.`);
}

function reason(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}

/** What an answer that is none of the expected means for whoever asked for `what`. */
export function failure(
  what: string,
  response: Response,
  hasToken: boolean,
): HubError | ConnectionError {
  const { status, headers } = response;
  const code = headers.get('x-error-code');
  const said = headers.get('x-error-message');
  const detail = said === null ? '' : ` (${said})`;
  const fail = (got: string, advice: string) =>
    new HubError(`hub: ${what}: got ${got}${detail}. ${advice}`);
  if (status >= 500 || status === 429) return new ConnectionError(`hub: ${what}: status ${status}`);
  if (code === 'GatedRepo') {
    return fail(
      'a gated model',
      'Accept its conditions on its page, and give the token of that account.',
    );
  }
  if (code === 'RevisionNotFound')
    return fail('no such revision', 'Check the branch, tag or commit.');
  if (code === 'EntryNotFound') return fail('no such file', 'Check the name of the file.');
  if (status === 401 || status === 403 || code === 'RepoNotFound') {
    const got = 'no such model, or a private one';
    return fail(
      got,
      hasToken ? 'Check the name and the token.' : 'Check the name, or give a token.',
    );
  }
  return fail(`status ${status}`, 'Check the name and the endpoint.');
}
