// The server: routes, and what becomes of a request on its way.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { COMPLETION_ANSWER } from './api/completion-answer.ts';
import { chatAnswer } from './api/chat-answer.ts';
import { readChatRequest } from './api/chat-request.ts';
import { readCompletionRequest } from './api/completion-request.ts';
import { embeddingsResponse, readEmbeddingsRequest } from './api/embeddings.ts';
import { ServedModels, type ModelNames } from './api/served-models.ts';
import type { EngineThread } from './engine/engine-thread.ts';
import type { EngineInfo } from './engine/messages.ts';
import { allowOrigin, checkHost, checkKey, type AccessOptions } from './http/access.ts';
import { Admission, type AdmissionLimits } from './http/admission.ts';
import { ApiError } from './http/api-error.ts';
import { Metrics } from './http/metrics.ts';
import { PAGE_HEADERS, pageFiles, type PageFile } from './http/page-files.ts';
import { readJson } from './http/read-json.ts';
import { send, sendError, sendJson } from './http/send.ts';
import { AnswerWriter, asApiError, type Asked } from './http/write-answer.ts';

export interface ServerOptions extends AdmissionLimits, AccessOptions {
  readonly names: ModelNames;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Bytes of a request's body. @default 4 MiB */
  readonly mostBytes?: number;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Aborted when the client has gone, or the server will not wait any longer. */
  readonly signal: AbortSignal;
}

interface Route {
  readonly method: 'GET' | 'POST';
  /** Whether it is open to those without the key. */
  readonly isOpen?: boolean;
  readonly run: (exchange: Exchange, rest: string) => Promise<void> | void;
}

const MIB = 2 ** 20;
const GONE = 499; // as nginx counts clients that did not wait
const BODY_TIMEOUT = 60_000; // ms that a client may take to send its request

export class LlmServer {
  readonly #options: ServerOptions;
  readonly #engine: EngineThread;
  readonly #admission: Admission;
  readonly #metrics = new Metrics();
  readonly #http: Server;
  readonly #stop = new AbortController();
  readonly #page: ReadonlyMap<string, PageFile>;
  readonly #routes: Readonly<Record<string, Route>> = {
    '/health': { method: 'GET', isOpen: true, run: ({ response }) => this.#health(response) },
    '/metrics': { method: 'GET', run: (exchange) => this.#sendMetrics(exchange) },
    '/v1/models': { method: 'GET', run: ({ response }) => this.#listModels(response) },
    '/v1/models/': {
      method: 'GET',
      run: ({ response }, name) => sendJson(response, 200, this.#models.describe(name)),
    },
    '/v1/chat/completions': { method: 'POST', run: (exchange) => this.#chat(exchange) },
    '/v1/completions': { method: 'POST', run: (exchange) => this.#complete(exchange) },
    '/v1/embeddings': { method: 'POST', run: (exchange) => this.#embed(exchange) },
  };
  #loaded: ServedModels | undefined;

  private constructor(
    engine: EngineThread,
    options: ServerOptions,
    page: ReadonlyMap<string, PageFile>,
  ) {
    this.#engine = engine;
    this.#options = options;
    this.#page = page;
    this.#admission = new Admission(options);
    this.#http = createServer((request, response) => void this.#answer(request, response));
    this.#http.requestTimeout = BODY_TIMEOUT;
  }

  /** Listens at once; until `ready` is called, requests are told that the model is being loaded. */
  static async start(engine: EngineThread, options: ServerOptions): Promise<LlmServer> {
    const server = new LlmServer(engine, options, await pageFiles());
    await new Promise<void>((resolve, reject) => {
      server.#http.once('error', reject);
      server.#http.listen(options.port, options.host, resolve);
    });
    return server;
  }

  /** The model is there. */
  ready(info: EngineInfo): void {
    this.#loaded = new ServedModels(this.#options.names, info);
  }

  get address(): string {
    const { address, port, family } = this.#http.address() as AddressInfo;
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  }

  /** Refuses what is new and ends when the answers that run have ended, or when `patience` (ms) is over. */
  async close(patience: number): Promise<void> {
    const timer = setTimeout(() => {
      this.#stop.abort(new ApiError(503, 'This server is shutting down.'));
    }, patience);
    const closed = new Promise((resolve) => this.#http.close(resolve));
    this.#http.closeIdleConnections();
    await this.#admission.close();
    clearTimeout(timer);
    // The last bytes go out with those connections that end by themselves.
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 500))]);
    this.#http.closeAllConnections();
    await closed;
    this.#metrics.dispose();
  }

  get #models(): ServedModels {
    if (this.#loaded !== undefined) return this.#loaded;
    throw new ApiError(503, 'The model is being loaded. Try again in a moment.', {
      code: 'model_loading',
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => {
      if (!response.writableFinished) gone.abort(new Error('the client has gone'));
    });
    response.on('error', () => {}); // the client has gone: close says so
    const exchange = {
      request,
      response,
      signal: AbortSignal.any([gone.signal, this.#stop.signal]),
    };
    const path = decodedPath(request.url ?? '/');
    const name = this.#routeName(path);
    try {
      if (this.#admission.isClosed) response.setHeader('connection', 'close');
      await this.#route(exchange, path, name);
    } catch (error) {
      if (!response.destroyed) sendError(response, asApiError(error), request.complete);
    } finally {
      const status = gone.signal.aborted ? GONE : response.statusCode;
      this.#metrics.countResponse(name ?? (this.#page.has(path) ? 'page' : 'none'), status);
    }
  }

  async #route(exchange: Exchange, path: string, name: string | undefined): Promise<void> {
    const { request, response } = exchange;
    const { method = 'GET' } = request;
    checkHost(request, this.#options);
    allowOrigin(request, response, this.#options);
    if (method === 'OPTIONS' && this.#options.corsOrigin !== undefined)
      return void response.writeHead(204).end();
    const file = this.#page.get(path);
    const isRead = method === 'GET' || method === 'HEAD';
    if (file !== undefined && isRead) {
      for (const [header, value] of Object.entries(PAGE_HEADERS)) response.setHeader(header, value);
      return send(response, 200, file);
    }
    const route = name === undefined ? undefined : this.#routes[name];
    if (route === undefined)
      throw new ApiError(404, `${method} ${path}: there is nothing here.`, { code: 'not_found' });
    if (route.method === 'GET' ? !isRead : method !== 'POST') {
      response.setHeader('allow', route.method);
      throw new ApiError(405, `${path}: expected ${route.method}, got ${method}.`, {
        code: 'method_not_allowed',
      });
    }
    if (route.isOpen !== true) checkKey(request, this.#options);
    await route.run(exchange, path.slice(name!.length));
  }

  /** A route that ends in / stands for all below it. */
  #routeName(path: string): string | undefined {
    if (Object.hasOwn(this.#routes, path) && !path.endsWith('/')) return path;
    return Object.keys(this.#routes).find(
      (route) => route.endsWith('/') && path.startsWith(route) && path.length > route.length,
    );
  }

  #health(response: ServerResponse): void {
    if (this.#admission.isClosed) return sendJson(response, 503, { status: 'shutting down' });
    if (this.#loaded === undefined) return sendJson(response, 503, { status: 'loading' });
    const { backend, threads } = this.#loaded.info;
    sendJson(response, 200, { status: 'ok', backend, threads, texts: this.#admission.texts });
  }

  async #sendMetrics({ response }: Exchange): Promise<void> {
    const stats = this.#loaded === undefined ? undefined : await this.#engine.stats();
    const body = this.#metrics.text(stats);
    send(response, 200, { type: 'text/plain; version=0.0.4; charset=utf-8', body });
  }

  #listModels(response: ServerResponse): void {
    const models = this.#models;
    sendJson(response, 200, {
      object: 'list',
      data: models.names.map((name) => models.describe(name)),
    });
  }

  async #chat(exchange: Exchange): Promise<void> {
    const models = this.#models;
    const asked = readChatRequest(await this.#json(exchange), models);
    const format = chatAnswer(asked.toolUse, models.info.writer!.toolFormat);
    await this.#write(exchange, { ...asked, jobs: [asked.job], format });
  }

  async #complete(exchange: Exchange): Promise<void> {
    const asked = readCompletionRequest(await this.#json(exchange), this.#models);
    await this.#write(exchange, { ...asked, format: COMPLETION_ANSWER });
  }

  async #write({ response, signal }: Exchange, asked: Asked): Promise<void> {
    const answering = { engine: this.#engine, metrics: this.#metrics, response, signal };
    await this.#admission.run(asked.jobs.length * asked.n, () =>
      new AnswerWriter(asked, answering).write(),
    );
  }

  async #embed(exchange: Exchange): Promise<void> {
    const asked = readEmbeddingsRequest(await this.#json(exchange), this.#models);
    const result = await this.#admission.run(1, () => this.#engine.embed({ inputs: asked.inputs }));
    const { body, tokens } = embeddingsResponse(asked, result);
    this.#metrics.countTokens({ promptTokens: tokens, cachedTokens: 0, completionTokens: 0 });
    sendJson(exchange.response, 200, body);
  }

  #json({ request }: Exchange) {
    return readJson(request, this.#options.mostBytes ?? 4 * MIB);
  }
}

/** Without the query. A path that is not well-formed names nothing. */
function decodedPath(url: string): string {
  const [path = '/'] = url.split(/[?#]/, 1);
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
