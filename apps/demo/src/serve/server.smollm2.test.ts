// The server with a real open model and OpenAI's client. Needs the folder of models in LLM_MODELS.
import OpenAI from 'openai';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleEngine, startServer, temporaryFolder, type Started } from './test/start-server.ts';

const models = process.env['LLM_MODELS'];
const model = join(models ?? '', 'smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf');
const embedder = join(models ?? '', 'all-minilm-l6-v2');
const isThere = models !== undefined && existsSync(model) && existsSync(embedder);
const library = fileURLToPath(
  new URL('../../../../packages/tensor/native/build/llm_tensor.node', import.meta.url),
);
const PATIENCE = 300_000; // ms, for a machine without the native backend

describe('llm serve with SmolLM2 and MiniLM', () => {
  if (!isThere) {
    it('is tested wherever all must be', ({ skip }) => {
      expect(process.env['CI'], `set LLM_MODELS to a folder with ${model}`).not.toBe('true');
      skip('LLM_MODELS names no folder with smollm2-135m-instruct and all-minilm-l6-v2');
    });
    return;
  }

  const folder = temporaryFolder();
  let started: Started;
  let client: OpenAI;

  beforeAll(async () => {
    const isNative = existsSync(library);
    if (isNative) process.env['LLM_NATIVE_LIBRARY'] = library; // the bundle lies elsewhere
    started = await startServer(await bundleEngine(folder.path), {
      model,
      names: { model: 'smollm2', adapters: [], embedder: 'minilm' },
      engine: {
        embedder,
        backend: isNative ? 'native' : 'cpu',
        weights: 'float32',
        cacheTokens: 4096,
      },
    });
    client = new OpenAI({ baseURL: `${started.origin}/v1`, apiKey: 'none' });
  }, PATIENCE);
  afterAll(async () => {
    await started?.stop();
    folder.remove();
  });

  const ask = (content: string) =>
    client.chat.completions.create({
      model: 'smollm2',
      messages: [{ role: 'user', content }],
      temperature: 0,
      max_completion_tokens: 24,
    });

  it(
    'answers, and goes on from its answer without reading the conversation again',
    async () => {
      const first = await ask('What is the capital of France?');
      const { message, finish_reason: reason } = first.choices[0]!;
      expect([message.content, reason]).toEqual(['The capital of France is Paris.', 'stop']);
      const messages = [
        { role: 'user' as const, content: 'What is the capital of France?' },
        message,
        { role: 'user' as const, content: 'And of Italy?' },
      ];
      const stream = client.chat.completions.stream({
        ...{ model: 'smollm2', messages, temperature: 0, max_tokens: 24 },
        stream_options: { include_usage: true },
      });
      expect(await stream.finalContent()).toBe('The capital of Italy is Rome.');
      const { prompt_tokens_details: details } =
        (await stream.totalUsage()) as OpenAI.CompletionUsage;
      expect(
        details?.cached_tokens ??
          (await stream.finalChatCompletion()).usage!.prompt_tokens_details!.cached_tokens,
      ).toBeGreaterThan(30);
    },
    PATIENCE,
  );

  it(
    'gives eight clients at once the texts that each gets alone',
    async () => {
      const questions = [
        'gravity',
        'a river',
        'bread',
        'the sun',
        'music',
        'a dog',
        'iron',
        'snow',
      ];
      const content = (word: string): string => `What is ${word}? Answer in one sentence.`;
      const alone: string[] = [];
      for (const word of questions)
        alone.push((await ask(content(word))).choices[0]!.message.content!);
      const answers = await Promise.all(questions.map((word) => ask(content(word))));
      expect(answers.map(({ choices }) => choices[0]!.message.content)).toEqual(alone);
    },
    PATIENCE,
  );

  it(
    'extracts what a schema asks for',
    async () => {
      const schema = {
        type: 'object',
        properties: { city: { type: 'string' }, country: { enum: ['France', 'Italy', 'Peru'] } },
        required: ['city', 'country'],
        additionalProperties: false,
      };
      const answer = await client.chat.completions.create({
        model: 'smollm2',
        messages: [
          { role: 'user', content: 'Rome is the capital of Italy. City and country as JSON:' },
        ],
        temperature: 0,
        max_tokens: 40,
        response_format: { type: 'json_schema', json_schema: { name: 'place', schema } },
      });
      expect(JSON.parse(answer.choices[0]!.message.content!)).toEqual({
        city: 'Rome',
        country: 'Italy',
      });
    },
    PATIENCE,
  );

  it(
    'embeds: like texts have like vectors, whole and as base64',
    async () => {
      const input = ['The river flows.', 'Water runs downhill.', 'I like chess.'];
      const floats = await client.embeddings.create({
        model: 'minilm',
        input,
        encoding_format: 'float',
      });
      const coded = await client.embeddings.create({ model: 'minilm', input }); // the client asks for base64
      const [river, water, chess] = floats.data.map(({ embedding }) => embedding) as [
        number[],
        number[],
        number[],
      ];
      expect(coded.data[0]!.embedding).toHaveLength(384);
      for (const [i, value] of coded.data[1]!.embedding.entries())
        expect(value).toBeCloseTo(water[i]!, 6);
      const similarity = (a: number[], b: number[]): number =>
        a.reduce((sum, x, i) => sum + x * b[i]!, 0);
      expect(similarity(river, river)).toBeCloseTo(1, 5);
      expect(similarity(river, water)).toBeGreaterThan(similarity(river, chess) + 0.2);
      expect(floats.usage.prompt_tokens).toBeGreaterThan(10);
    },
    PATIENCE,
  );
});
