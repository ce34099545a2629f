// `llm serve`: a model behind OpenAI's HTTP API, and a page to chat with it.
import { basename } from 'node:path';
import { checkModelPath } from '../../models/open-model.ts';
import { EngineThread } from '../../serve/engine/engine-thread.ts';
import type { EngineInfo } from '../../serve/engine/messages.ts';
import { LlmServer } from '../../serve/server.ts';
import { MODEL_OPTIONS, parseAdapter, WEIGHTS_OPTION, weightsOf } from '../adapted-model.ts';
import { defineCommand, UsageError } from '../command.ts';
import type { OptionTable, OptionValues } from '../command.ts';

const PATIENCE = 30_000; // ms that running answers have to end in after Ctrl-C or SIGTERM

const OPTIONS = {
  ...MODEL_OPTIONS,
  adapter: {
    type: 'string',
    description: 'a PEFT adapter folder, served as a model of that name',
    placeholder: 'NAME=DIR',
    multiple: true,
  },
  ...WEIGHTS_OPTION,
  embedder: {
    type: 'string',
    description: 'folder of an encoder for /v1/embeddings, beside a model that writes',
    placeholder: 'DIR',
  },
  name: {
    type: 'string',
    description: "the model's name for clients (default: that of its folder, file or hub)",
  },
  host: {
    type: 'string',
    description: 'address to listen at; 0.0.0.0 for all',
    default: '127.0.0.1',
  },
  port: {
    type: 'integer',
    description: 'port to listen at; 0 takes a free one',
    default: 8080,
    minimum: 0,
    maximum: 65535,
  },
  'api-key': {
    type: 'string',
    description: 'what clients must send (default: LLM_API_KEY, else no key is asked for)',
    placeholder: 'KEY',
  },
  cors: {
    type: 'string',
    description: 'an origin whose web pages may ask, or * for all (default: none)',
    placeholder: 'ORIGIN',
  },
  'max-batch': {
    type: 'integer',
    description: 'texts written at once',
    default: 8,
    minimum: 1,
    maximum: 256,
  },
  'max-queue': {
    type: 'integer',
    description: 'texts that may wait; more are refused',
    default: 64,
    minimum: 0,
  },
  context: {
    type: 'integer',
    description: "most tokens of a text, prompt and answer (default: the model's, at most 4096)",
    minimum: 1,
  },
  'cache-tokens': {
    type: 'integer',
    description: 'tokens of all texts whose keys and values are kept (default: 1024 × --max-batch)',
    minimum: 1,
  },
} as const satisfies OptionTable;

type Values = OptionValues<typeof OPTIONS>;

/** @throws UsageError for names that would mean two things */
function servedNames(values: Values, nameOf: (path: string) => string) {
  const nameFor = (path: string): string => {
    const name = nameOf(path);
    return name === path ? basename(path).replace(/\.gguf$/, '') : name;
  };
  const model = values.name ?? nameFor(values.model);
  const adapters = values.adapter.map((adapter) => parseAdapter(adapter)[0]);
  const embedder = values.embedder === undefined ? undefined : nameFor(values.embedder);
  const names = [model, ...adapters, ...(embedder === undefined ? [] : [embedder])];
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new UsageError(`expected each served model to have its own name, got ${twice} twice.`);
  return { model, adapters, embedder };
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127\./.test(host);

function describe(info: EngineInfo): string {
  const { writer, embedder, backend, threads } = info;
  const parts = [
    `${backend}, ${threads} threads`,
    ...(writer ? [`context ${writer.context}, cache for ${writer.cacheTokens} tokens`] : []),
    ...(embedder ? [`embeddings of ${embedder.dimensions} numbers`] : []),
  ];
  return parts.join('; ');
}

/** Resolves with what the process was told to end by: Ctrl-C, or `kill`. */
function end(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGTERM', resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

export const command = defineCommand({
  name: 'serve',
  summary:
    "Serves a model behind OpenAI's HTTP API (chats, completions, embeddings), and a page to chat with it.",
  usage: [
    'serve --model M [--port 8080]',
    'serve --model M.gguf --weights quantized --adapter pirate=DIR --api-key KEY',
    'serve --model M --embedder all-MiniLM-L6-v2 --host 0.0.0.0 --max-batch 16',
  ],
  options: OPTIONS,
  async run({ values, output, signal, nameOf }) {
    const names = servedNames(values, nameOf);
    await checkModelPath(values.model);
    const engine = new EngineThread();
    try {
      const { host, port, cors: corsOrigin, 'max-batch': maxBatch } = values;
      const apiKey = values['api-key'] ?? process.env['LLM_API_KEY'];
      const server = await LlmServer.start(engine, {
        ...{ names, host, port, apiKey, corsOrigin, maxBatch },
        maxQueue: values['max-queue'],
        isLocal: isLoopback(host),
      });
      try {
        output.note(`loading ${values.model} …`);
        const info = await engine.load({
          model: values.model,
          adapters: values.adapter.map((adapter) => {
            const [name, folder] = parseAdapter(adapter);
            return { name, folder };
          }),
          embedder: values.embedder,
          weights: weightsOf(values),
          backend: values.backend,
          threads: values.threads,
          maxBatch,
          context: values.context,
          cacheTokens: values['cache-tokens'],
        });
        server.ready(info);
        output.line(`serving ${[names.model, ...names.adapters].join(', ')} at ${server.address}`);
        output.note(describe(info));
        output.json({ address: server.address, models: names, ...info });
        await end(signal);
        output.note('answers that run may end; nothing new is let in');
      } finally {
        await server.close(PATIENCE);
      }
    } finally {
      await engine.close();
    }
  },
});
