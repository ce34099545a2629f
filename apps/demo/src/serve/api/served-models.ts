// The names under which clients find the model, its adapters and the embedder.
import type { EngineInfo } from '../engine/messages.ts';
import { ApiError } from '../http/api-error.ts';

export interface ModelNames {
  readonly model: string;
  readonly adapters: readonly string[];
  readonly embedder?: string;
}

export class ServedModels {
  readonly info: EngineInfo;
  readonly #names: ModelNames;
  readonly #created = Math.floor(Date.now() / 1000);

  constructor(names: ModelNames, info: EngineInfo) {
    this.#names = names;
    this.info = info;
  }

  get names(): readonly string[] {
    const { model, adapters, embedder } = this.#names;
    return [model, ...adapters, ...(embedder === undefined ? [] : [embedder])];
  }

  /** As GET /v1/models lists it. */
  describe(name: string): object {
    this.#check(name);
    const { model, adapters, embedder } = this.#names;
    const isAdapter = adapters.includes(name);
    const isEncoder = name === embedder || this.info.writer === undefined;
    return {
      id: name,
      object: 'model',
      created: this.#created,
      owned_by: 'llm',
      ...(isAdapter && { parent: model }),
      kind: isEncoder ? 'embedding' : 'text',
      context_length: isEncoder ? this.info.embedder?.maxTokens : this.info.writer?.context,
    };
  }

  /** The adapter that a request for text names; null for the model itself. @throws ApiError */
  adapterFor(name: string): string | null {
    this.#check(name);
    const { model, adapters, embedder } = this.#names;
    if (name === embedder || this.info.writer === undefined) {
      throw new ApiError(
        400,
        `model: ${name} embeds texts and does not write any. Use /v1/embeddings.`,
        {
          param: 'model',
          code: 'unsupported_value',
        },
      );
    }
    return name === model || !adapters.includes(name) ? null : name;
  }

  /** @throws ApiError unless the name is the embedder's, or that of the model if it is an encoder */
  checkEmbedder(name: string): void {
    this.#check(name);
    const own = this.info.writer === undefined ? this.#names.model : this.#names.embedder;
    if (name === own) return;
    const hint = own === undefined ? 'Start the server with --embedder.' : `Use ${own}.`;
    throw new ApiError(400, `model: ${name} writes texts and does not embed any. ${hint}`, {
      param: 'model',
      code: 'unsupported_value',
    });
  }

  #check(name: string): void {
    if (this.names.includes(name)) return;
    throw new ApiError(
      404,
      `The model '${name}' does not exist here. There are: ${this.names.join(', ')}.`,
      {
        param: 'model',
        code: 'model_not_found',
      },
    );
  }
}
