// The server as OpenAI's own client sees it, with a tiny model whose texts are known from `generate`.
import OpenAI from 'openai';
import { join } from 'node:path';
import { loadAdapter, setActiveAdapters } from '@llm/peft';
import { useBackend } from '@llm/tensor';
import { generate, loadModel, type CausalLm } from '@llm/transformer';
import { Tokenizer } from '@llm/tokenizer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleEngine, startServer, temporaryFolder, type Started } from './test/start-server.ts';
import { writeTinyModel } from './test/tiny-model.ts';

const folder = temporaryFolder();
const path = join(folder.path, 'tiny');
const adapter = join(folder.path, 'adapter');
let started: Started;
let client: OpenAI;
/** The same model here, to know what the server should write. */
let model: CausalLm;
let tokenizer: Tokenizer;

beforeAll(async () => {
  await writeTinyModel(folder.path);
  const worker = await bundleEngine(folder.path);
  started = await startServer(worker, { model: path, adapters: { tuned: adapter } });
  client = new OpenAI({ baseURL: `${started.origin}/v1`, apiKey: 'none', maxRetries: 0 });
  await useBackend('cpu');
  [model, tokenizer] = [await loadModel(path), await Tokenizer.load(path)];
  await loadAdapter(model, adapter, 'tuned');
  setActiveAdapters(model, []);
});
afterAll(async () => {
  await started?.stop();
  model?.dispose();
  folder.remove();
});

const QUESTION = [{ role: 'user', content: 'the quick fox' }] as const;
const PROMPT = 'user: the quick fox\nassistant:';
const GREEDY = { model: 'tiny', messages: [...QUESTION], temperature: 0, max_tokens: 12 };

async function expected(prompt: string, maxNewTokens = 12, active: string[] = []) {
  setActiveAdapters(model, active);
  const ids = tokenizer.encode(prompt, { addSpecialTokens: false });
  const result = await generate(model, ids, { maxNewTokens, tokenizer, logprobs: true });
  return { text: result.texts![0]!, ids, logprobs: result.logprobs![0]! };
}

describe('chat completions', () => {
  it('give the text of generate, and count tokens', async () => {
    const { text, ids } = await expected(PROMPT);
    const answer = await client.chat.completions.create(GREEDY);
    expect(answer.choices[0]).toMatchObject({
      index: 0,
      message: { role: 'assistant', content: text },
      finish_reason: 'length',
      logprobs: null,
    });
    expect(answer).toMatchObject({
      object: 'chat.completion',
      model: 'tiny',
      usage: { prompt_tokens: ids.length, completion_tokens: 12, total_tokens: ids.length + 12 },
    });
  });

  it('stream the same text, and end with the usage when asked', async () => {
    const { text } = await expected(PROMPT);
    const stream = await client.chat.completions.create({
      ...GREEDY,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks[0]!.choices[0]!.delta).toEqual({ role: 'assistant', content: '' });
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe(text);
    expect(chunks.at(-2)!.choices[0]!.finish_reason).toBe('length');
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 12 } });
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
  });

  it('read what they read before from the cache', async () => {
    const messages = [...QUESTION, { role: 'assistant', content: 'over the lazy dog' }] as const;
    const more = { role: 'user', content: 'and away' } as const;
    const ask = { ...GREEDY, messages: [...messages, more] };
    const first = await client.chat.completions.create(ask);
    const second = await client.chat.completions.create(ask);
    expect(second.choices[0]!.message.content).toBe(first.choices[0]!.message.content);
    const { prompt_tokens: all, prompt_tokens_details: details } = second.usage!;
    expect(details!.cached_tokens).toBe(Math.floor((all - 1) / 16) * 16);
  });

  it('tell the log-probabilities of the tokens written and of the likeliest', async () => {
    const { logprobs } = await expected(PROMPT);
    const ask = { ...GREEDY, logprobs: true, top_logprobs: 3 };
    const answer = await client.chat.completions.create(ask);
    const { content } = answer.choices[0]!.logprobs!;
    expect(content).toHaveLength(12);
    for (const [i, { token, logprob, bytes, top_logprobs: top }] of content!.entries()) {
      expect(logprob).toBeCloseTo(logprobs[i]!, 4);
      expect(top).toHaveLength(3);
      expect(top[0]).toEqual({ token, logprob, bytes }); // greedy
      expect(new TextDecoder().decode(Uint8Array.from(bytes!))).toBe(token);
    }
  });

  it('end before a stop string, which is not shown', async () => {
    const { text } = await expected(PROMPT);
    const stop = text.slice(4, 7);
    const answer = await client.chat.completions.create({ ...GREEDY, stop: [stop, 'never'] });
    expect(answer.choices[0]!.message.content).toBe(text.slice(0, text.indexOf(stop)));
    expect(answer.choices[0]!.finish_reason).toBe('stop');
  });

  it('write n texts, of which text i is that of the seed + i alone', async () => {
    const ask = { ...GREEDY, temperature: 1, seed: 7 };
    const { choices, usage } = await client.chat.completions.create({ ...ask, n: 3 });
    const last = await client.chat.completions.create({ ...ask, seed: 9 });
    expect(choices.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(new Set(choices.map(({ message }) => message.content)).size).toBe(3);
    expect(choices[2]!.message.content).toBe(last.choices[0]!.message.content);
    expect(usage!.prompt_tokens).toBe(last.usage!.prompt_tokens);
    expect(usage!.completion_tokens).toBeGreaterThan(12);
  });

  it('bias tokens away, and write as an adapter', async () => {
    const { text } = await expected(PROMPT);
    const first = tokenizer.encode(text, { addSpecialTokens: false })[0]!;
    const biased = await client.chat.completions.create({
      ...GREEDY,
      logit_bias: { [first]: -100 },
    });
    expect(biased.choices[0]!.message.content![0]).not.toBe(text[0]);
    const tuned = await expected(PROMPT, 12, ['tuned']);
    expect(tuned.text).not.toBe(text);
    const ask = (name: string) => client.chat.completions.create({ ...GREEDY, model: name });
    const answers = await Promise.all(['tuned', 'tiny', 'tuned'].map(ask));
    const texts = answers.map(({ choices }) => choices[0]!.message.content);
    expect(texts).toEqual([tuned.text, text, tuned.text]);
  });

  it('hold the text to a JSON schema', async () => {
    const schema = {
      type: 'object',
      properties: { name: { type: 'string', maxLength: 8 }, age: { type: 'integer' } },
      required: ['name', 'age'],
      additionalProperties: false,
    };
    const answer = await client.chat.completions.create({
      ...GREEDY,
      temperature: 1,
      seed: 3,
      max_tokens: 60,
      response_format: { type: 'json_schema', json_schema: { name: 'person', schema } },
    });
    expect(JSON.parse(answer.choices[0]!.message.content!)).toEqual({
      name: expect.any(String),
      age: expect.any(Number),
    });
    expect(answer.choices[0]!.finish_reason).toBe('stop');
    const free = { ...GREEDY, max_tokens: 40, response_format: { type: 'json_object' } } as const;
    const object = await client.chat.completions.create(free);
    expect(JSON.parse(object.choices[0]!.message.content!)).toBeTypeOf('object');
  });

  it('call a tool where that is demanded', async () => {
    const tools = ['weather', 'time'].map((name) => ({
      type: 'function' as const,
      function: {
        name,
        parameters: {
          type: 'object',
          properties: { city: { enum: ['Lima', 'Rome'] } },
          required: ['city'],
          additionalProperties: false,
        },
      },
    }));
    const ask = { ...GREEDY, temperature: 1, seed: 1, max_tokens: 90, tools };
    const { choices } = await client.chat.completions.create({ ...ask, tool_choice: 'required' });
    const [call] = choices[0]!.message.tool_calls!;
    expect(choices[0]).toMatchObject({ message: { content: null }, finish_reason: 'tool_calls' });
    if (call?.type !== 'function') throw new Error('expected a function');
    expect(['weather', 'time']).toContain(call.function.name);
    expect(['Lima', 'Rome']).toContain(
      (JSON.parse(call.function.arguments) as { city: string }).city,
    );
    const named = client.chat.completions.stream({
      ...ask,
      tool_choice: { type: 'function', function: { name: 'time' } },
    });
    const final = await named.finalChatCompletion();
    expect(final.choices[0]!.message.tool_calls![0]).toMatchObject({ function: { name: 'time' } });
    // What was called, and what it gave, are read back.
    const messages = [
      ...GREEDY.messages,
      choices[0]!.message,
      { role: 'tool' as const, tool_call_id: call.id, content: 'sun' },
    ];
    const after = await client.chat.completions.create({ ...GREEDY, messages, tools });
    expect(after.usage!.prompt_tokens).toBeGreaterThan(150); // the tools are told, too
  });

  it('give eight clients at once what each gets alone', async () => {
    const asks = Array.from({ length: 8 }, (_, i) => ({
      ...GREEDY,
      max_tokens: 8 + 3 * i,
      messages: [{ role: 'user' as const, content: 'fox '.repeat(1 + i * i) }],
    }));
    const alone: (string | null)[] = [];
    for (const ask of asks)
      alone.push((await client.chat.completions.create(ask)).choices[0]!.message.content);
    const together = await Promise.all(asks.map((ask) => client.chat.completions.create(ask)));
    expect(together.map(({ choices }) => choices[0]!.message.content)).toEqual(alone);
  });
});

describe('completions', () => {
  it('continue texts and token ids alike', async () => {
    const { text, ids } = await expected('the lazy', 16);
    const answer = await client.completions.create({
      model: 'tiny',
      prompt: 'the lazy',
      temperature: 0,
    });
    expect(answer.choices[0]).toEqual({ text, index: 0, logprobs: null, finish_reason: 'length' });
    const both = await client.completions.create({
      model: 'tiny',
      prompt: [ids, ids.slice(0, 2)],
      temperature: 0,
    });
    expect(both.choices.map(({ index }) => index)).toEqual([0, 1]);
    expect(both.choices[0]!.text).toBe(text);
    expect(both.usage!.prompt_tokens).toBe(ids.length + 2);
  });

  it('repeat the prompt with the log-probability of each token, as evaluation harnesses ask', async () => {
    const { ids } = await expected('the lazy dog');
    const answer = await client.completions.create({
      ...{ model: 'tiny', prompt: 'the lazy dog', temperature: 0, echo: true },
      ...{ max_tokens: 1, logprobs: 2 },
    });
    const { text, logprobs } = answer.choices[0]!;
    expect(text.startsWith('the lazy dog')).toBe(true);
    expect(logprobs!.tokens!.slice(0, ids.length).join('')).toBe('the lazy dog');
    expect(logprobs!.token_logprobs).toHaveLength(ids.length + 1);
    expect(logprobs!.token_logprobs![0]).toBeNull();
    // The last prompt token is as likely as generate says when it is forced.
    const before = ids.slice(0, -1);
    setActiveAdapters(model, []);
    const { logprobs: forced } = await generate(model, before, {
      maxNewTokens: 1,
      allowedTokens: () => [ids.at(-1)!],
      logprobs: true,
    });
    expect(logprobs!.token_logprobs!.at(-2)).toBeCloseTo(forced![0]![0]!, 4);
  });

  it('refuse a suffix where the model has no tokens for a gap', async () => {
    const ask = { model: 'tiny', prompt: 'the', suffix: 'dog' };
    await expect(client.completions.create(ask)).rejects.toMatchObject({
      status: 400,
      param: 'suffix',
    });
  });
});

describe('models', () => {
  it('are the model and its adapters', async () => {
    const { data } = await client.models.list();
    expect(data.map(({ id }) => id)).toEqual(['tiny', 'tuned']);
    expect(await client.models.retrieve('tuned')).toMatchObject({ id: 'tuned', parent: 'tiny' });
    await expect(client.models.retrieve('other')).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
    });
    await expect(client.embeddings.create({ model: 'tiny', input: 'a' })).rejects.toMatchObject({
      status: 400,
      param: 'model',
    });
  });
});

describe('a client that goes', () => {
  it('frees its place at once', async () => {
    const ask = { ...GREEDY, max_tokens: 900, stream: true, ignored_by_all: 1 } as const;
    const stream = await client.chat.completions.create(ask);
    for await (const _ of stream) break; // the client closes the connection
    const metrics = async (): Promise<string> => (await fetch(`${started.origin}/metrics`)).text();
    const gone = 'llm_http_responses_total{route="/v1/chat/completions",status="499"} 1';
    await expect.poll(metrics, { timeout: 5000 }).toContain(gone);
    await expect.poll(metrics, { timeout: 5000 }).toContain('\nllm_texts_running 0\n');
  });
});
