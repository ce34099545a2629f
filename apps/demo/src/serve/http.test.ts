// The server at the level of HTTP: wrong requests, large and slow ones, keys, origins, a full queue, its end.
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineThread } from './engine/engine-thread.ts';
import { LlmServer } from './server.ts';
import { bundleEngine, startServer, temporaryFolder, type Started } from './test/start-server.ts';
import { writeTinyModel } from './test/tiny-model.ts';

const folder = temporaryFolder();
const model = join(folder.path, 'tiny');
let worker: URL;
let started: Started;

beforeAll(async () => {
  await writeTinyModel(folder.path);
  worker = await bundleEngine(folder.path);
  started = await startServer(worker, { model, apiKey: 'secret', maxBatch: 2, maxQueue: 2 });
});
afterAll(async () => {
  await started?.stop();
  folder.remove();
});

const HEADERS = { 'content-type': 'application/json', authorization: 'Bearer secret' };
const ASK = {
  model: 'tiny',
  messages: [{ role: 'user', content: 'fox' }],
  temperature: 0,
  max_tokens: 4,
};

const post = (
  body: unknown,
  path = '/v1/chat/completions',
  headers: Readonly<Record<string, string>> = HEADERS,
) =>
  fetch(started.origin + path, {
    method: 'POST',
    headers,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

interface Told {
  readonly error: { message: string; type: string; param: string | null; code: string | null };
}

async function errorOf(response: Response): Promise<[number, Told['error']]> {
  return [response.status, ((await response.json()) as Told).error];
}

describe('wrong requests', () => {
  it.each<[body: object, param: string | null, message: string]>([
    [{ ...ASK, model: undefined }, 'model', 'model: expected the name of a model'],
    [{ ...ASK, messages: [] }, 'messages', 'expected at least one message'],
    [{ ...ASK, messages: 'hello' }, 'messages', 'expected an array, got "hello"'],
    [
      { ...ASK, messages: [{ role: 'boss', content: '' }] },
      'messages[0].role',
      'expected one of system',
    ],
    [
      { ...ASK, messages: [{ role: 'user' }] },
      'messages[0].content',
      'expected a string or an array',
    ],
    [
      { ...ASK, messages: [{ role: 'user', content: [{ type: 'image_url' }] }] },
      'messages[0].content[0].type',
      'expected text, for this model reads nothing else, got image_url',
    ],
    [{ ...ASK, temperature: 3 }, 'temperature', 'expected a number from 0 to 2, got 3'],
    [{ ...ASK, temperature: '1' }, 'temperature', 'expected a number from 0 to 2, got "1"'],
    [{ ...ASK, top_p: -0.1 }, 'top_p', 'expected a number from 0 to 1'],
    [{ ...ASK, n: 0 }, 'n', 'expected an integer from 1 to 128'],
    [{ ...ASK, max_tokens: 1.5 }, 'max_tokens', 'expected an integer of at least 1'],
    [{ ...ASK, stop: ['a', 'b', 'c', 'd', 'e'] }, 'stop', 'at most 4'],
    [
      { ...ASK, logit_bias: { fox: 1 } },
      'logit_bias',
      'expected numbers from -100 to 100 by token id',
    ],
    [{ ...ASK, top_logprobs: 2 }, 'top_logprobs', 'expected none unless logprobs is true'],
    [{ ...ASK, stream_options: {} }, 'stream_options', 'expected none unless stream is true'],
    [
      { ...ASK, response_format: { type: 'xml' } },
      'response_format.type',
      'one of text, json_object',
    ],
    [
      {
        ...ASK,
        response_format: { type: 'json_schema', json_schema: { name: 'a', schema: { not: {} } } },
      },
      'response_format',
      'expected no not, which cannot be kept while writing',
    ],
    [{ ...ASK, tool_choice: 'required' }, 'tool_choice', 'expected none without tools'],
    [{ ...ASK, functions: [] }, 'functions', 'Use tools'],
    [{ ...ASK, max_tokens: 5000 }, 'messages', "This server's context length is 1024 tokens"],
    [{ ...ASK, guided_regex: '(' }, null, 'expected'],
  ])('%j is told which field is wrong', async (body, param, message) => {
    const [status, error] = await errorOf(await post(body));
    expect([status, error.type, error.param]).toEqual([400, 'invalid_request_error', param]);
    expect(error.message).toContain(message);
  });

  it.each<[what: string, status: number, ask: () => Promise<Response>]>([
    ['no key', 401, () => post(ASK, undefined, { 'content-type': 'application/json' })],
    ['a wrong key', 401, () => post(ASK, undefined, { ...HEADERS, authorization: 'Bearer no' })],
    ['another model', 404, () => post({ ...ASK, model: 'gpt-4' })],
    ['another path', 404, () => post(ASK, '/v1/chat')],
    ['a name of Object', 404, () => post(ASK, '/constructor')],
    [
      'another method',
      405,
      () => fetch(`${started.origin}/v1/chat/completions`, { headers: HEADERS }),
    ],
    ['another type', 415, () => post(ASK, undefined, { ...HEADERS, 'content-type': 'text/plain' })],
    ['broken JSON', 400, () => post('{"model": "tiny", ')],
    ['a list', 400, () => post([])],
    ['a huge body', 413, () => post({ ...ASK, more: 'x'.repeat(5 * 2 ** 20) })],
    [
      'an endless prompt',
      400,
      () => post({ ...ASK, messages: [{ role: 'user', content: 'fox '.repeat(9999) }] }),
    ],
  ])('%s gets %i and OpenAI’s error', async (_, status, ask) => {
    const [got, error] = await errorOf(await ask());
    expect([got, error.type]).toEqual([status, 'invalid_request_error']);
    expect(error.message).not.toBe('');
  });

  it('with fields that nobody knows, or that are null, are answered', async () => {
    const response = await post({
      ...ASK,
      user: 'u',
      store: false,
      foo: [1],
      stop: null,
      tools: null,
    });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ choices: [{ finish_reason: 'length' }] });
  });

  it('leave the server well', async () => {
    const health = await fetch(`${started.origin}/health`);
    expect([health.status, await health.json()]).toMatchObject([200, { status: 'ok', texts: 0 }]);
  });
});

describe('slow and rude clients', () => {
  it('may send a body byte by byte, and one larger than they said is refused while it comes', async () => {
    const body = JSON.stringify(ASK);
    const answer = await new Promise<string>((resolve, reject) => {
      const request = httpRequest(
        `${started.origin}/v1/chat/completions`,
        { method: 'POST', headers: { ...HEADERS, 'transfer-encoding': 'chunked' } },
        (response) => {
          let text = '';
          response.on('data', (chunk: Buffer) => (text += chunk.toString()));
          response.on('end', () => resolve(text));
        },
      );
      request.on('error', reject);
      void (async () => {
        for (const part of body.match(/.{1,20}/g)!) {
          request.write(part);
          await sleep(2);
        }
        request.end();
      })();
    });
    expect(JSON.parse(answer)).toMatchObject({ object: 'chat.completion' });
    const status = await new Promise<number>((resolve, reject) => {
      const request = httpRequest(
        `${started.origin}/v1/chat/completions`,
        { method: 'POST', headers: { ...HEADERS, 'transfer-encoding': 'chunked' } },
        (response) => resolve(response.statusCode!),
      );
      request.on('error', reject);
      for (let i = 0; i < 5; i++) request.write('x'.repeat(2 ** 20)); // and never ends
    });
    expect(status).toBe(413);
  });

  it('may leave in the middle of a body, or send no HTTP at all', async () => {
    const port = Number(new URL(started.origin).port);
    for (const text of [
      'POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: 99\r\ncontent-type: application/json\r\nauthorization: Bearer secret\r\n\r\n{"mod',
      'hello\r\n\r\n',
    ]) {
      const socket = connect(port, '127.0.0.1', () => socket.end(text));
      await new Promise((resolve) => socket.resume().on('close', resolve));
    }
    expect((await fetch(`${started.origin}/health`)).status).toBe(200);
  });

  it('that do not read their stream hold nobody up', async () => {
    const port = Number(new URL(started.origin).port);
    const body = JSON.stringify({ ...ASK, stream: true, max_tokens: 60 });
    const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nauthorization: Bearer secret\r\ncontent-length: ${body.length}\r\n\r\n`;
    const socket = connect(port, '127.0.0.1', () => socket.pause().write(head + body));
    await sleep(50);
    expect((await post(ASK)).status).toBe(200);
    socket.destroy();
    const texts = async (): Promise<unknown> =>
      ((await (await fetch(`${started.origin}/health`)).json()) as { texts: number }).texts;
    await expect.poll(texts, { timeout: 5000 }).toBe(0);
  });

  it('get 429 when the queue is full, and their turn afterwards', async () => {
    const ask = { ...ASK, max_tokens: 60 };
    const statuses = (await Promise.all(Array.from({ length: 7 }, () => post(ask)))).map(
      ({ status }) => status,
    );
    expect(statuses.filter((status) => status === 200)).toHaveLength(4); // two write, two wait
    const refused = await post({ ...ask, n: 5 });
    const [status, error] = await errorOf(refused);
    expect([status, error.code]).toEqual([429, 'rate_limit_exceeded']);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect((await post(ask)).status).toBe(200);
  });
});

describe('pages of other origins', () => {
  it('are not let in unless the server was told of them', async () => {
    const asked = { method: 'OPTIONS', headers: { origin: 'https://example.org' } };
    const closed = await fetch(`${started.origin}/v1/models`, asked);
    expect([closed.status, closed.headers.get('access-control-allow-origin')]).toEqual([405, null]);
    const open = await startServer(worker, { model, corsOrigin: 'https://example.org' });
    try {
      const response = await fetch(`${open.origin}/v1/models`, asked);
      expect(response.status).toBe(204);
      expect(response.headers.get('access-control-allow-origin')).toBe('https://example.org');
    } finally {
      await open.stop();
    }
  });

  it('cannot come by a name of their own that leads to this machine', async () => {
    const status = await new Promise<number>((resolve, reject) => {
      const options = { headers: { host: 'evil.example' } };
      httpRequest(`${started.origin}/health`, options, ({ statusCode }) => resolve(statusCode!))
        .on('error', reject)
        .end();
    });
    expect(status).toBe(403);
  });
});

describe('beginning and end', () => {
  it('says that the model is being loaded, then serves it, and ends after the last answer', async () => {
    const engine = new EngineThread(worker);
    const server = await LlmServer.start(engine, {
      ...{ host: '127.0.0.1', port: 0, isLocal: true, maxBatch: 2, maxQueue: 2 },
      names: { model: 'tiny', adapters: [] },
    });
    const { address } = server;
    const ask = (body: object) =>
      fetch(`${address}/v1/chat/completions`, {
        method: 'POST',
        headers: HEADERS,
        body: JSON.stringify(body),
      });
    const early = await ask(ASK);
    expect([early.status, early.headers.get('retry-after')]).toEqual([503, '2']);
    expect((await fetch(`${address}/health`)).status).toBe(503);
    server.ready(await engine.load({ model, adapters: [], backend: 'cpu', maxBatch: 2 }));
    const long = await ask({ ...ASK, stream: true, max_tokens: 80 });
    const closing = server.close(30_000);
    await expect(ask(ASK)).rejects.toThrow(); // the port is closed
    const text = await long.text();
    expect(text.match(/"finish_reason":"length"/g)).toHaveLength(1);
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    await closing;
    await engine.close();
  });

  it('does not wait for ever', async () => {
    const own = await startServer(worker, { model });
    const ask = { ...ASK, stream: true, max_tokens: 1000 };
    const response = await fetch(`${own.origin}/v1/chat/completions`, {
      method: 'POST',
      headers: HEADERS,
      body: JSON.stringify(ask),
    });
    await own.server.close(100);
    expect(await response.text()).toContain('This server is shutting down.');
    await own.stop();
  });
});
