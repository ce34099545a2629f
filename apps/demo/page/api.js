// The server's API as this page uses it.

/** What the server said was wrong. */
export class ServerError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const headers = (key) => ({
  'content-type': 'application/json',
  ...(key === '' ? {} : { authorization: `Bearer ${key}` }),
});

async function ask(path, key, options = {}) {
  const response = await fetch(path, { ...options, headers: headers(key) });
  if (response.ok) return response;
  const told = await response.json().catch(() => ({}));
  throw new ServerError(
    response.status,
    told.error?.message ?? `The server answered ${response.status}.`,
  );
}

/** @returns {Promise<{id: string, kind: string}[]>} */
export async function listModels(key) {
  const { data } = await (await ask('v1/models', key)).json();
  return data;
}

/** A value of /metrics, which is lines of `name value`. */
export async function readMetrics(key) {
  const text = await (await ask('metrics', key)).text();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [
      line.slice(0, line.lastIndexOf(' ')),
      Number(line.slice(line.lastIndexOf(' ') + 1)),
    ]),
  );
}

/** Yields the chunks of a streamed answer. */
export async function* streamChat(body, key, signal) {
  const asked = { ...body, stream: true, stream_options: { include_usage: true } };
  const response = await ask('v1/chat/completions', key, {
    method: 'POST',
    body: JSON.stringify(asked),
    signal,
  });
  for await (const data of events(response.body)) {
    if (data === '[DONE]') return;
    const chunk = JSON.parse(data);
    if (chunk.error) throw new ServerError(500, chunk.error.message);
    yield chunk;
  }
}

/** The data of server-sent events. */
async function* events(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (rest + value).split('\n\n');
    rest = parts.pop();
    for (const part of parts) if (part.startsWith('data: ')) yield part.slice('data: '.length);
  }
}
