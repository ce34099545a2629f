// What the server's thread and the model's thread say to each other. Plain values: they are copied between threads.
import type { BatcherStats, ConstraintSource, WeightStorage } from '@llm/transformer';
import type { ChatMessage } from '@llm/tokenizer';
import type { MemoryStats } from '@llm/tensor';
import type { ToolFormatName } from '../tools/tool-format.ts';

export interface EngineOptions {
  /** A folder or a .gguf file, already on this machine. */
  readonly model: string;
  readonly adapters: readonly { readonly name: string; readonly folder: string }[];
  /** Folder of an encoder beside the model, for embeddings. */
  readonly embedder?: string;
  readonly weights?: WeightStorage;
  readonly backend?: string;
  readonly threads?: number;
  /** Texts that are written at once. */
  readonly maxBatch: number;
  /** Most tokens of one text, prompt and answer together. @default the model's, at most 4096 */
  readonly context?: number;
  /** Tokens of all texts whose keys and values are kept. @default 1024 for each text at once, at least `context` */
  readonly cacheTokens?: number;
}

export interface WriterInfo {
  readonly context: number;
  readonly vocabSize: number;
  readonly cacheTokens: number;
  readonly hasChatTemplate: boolean;
  readonly toolFormat: ToolFormatName;
}

export interface EmbedderInfo {
  /** Numbers of an embedding. */
  readonly dimensions: number;
  readonly maxTokens: number;
}

export interface EngineInfo {
  /** What writes; absent where the model is an encoder. */
  readonly writer?: WriterInfo;
  /** What embeds: the model itself if it is an encoder, else the embedder. */
  readonly embedder?: EmbedderInfo;
  readonly backend: string;
  readonly threads: number;
}

/** A description of a function as clients send it: OpenAI's `tools[].function`. */
export interface ToolFunction {
  readonly name: string;
  readonly description?: string;
  readonly parameters?: unknown;
}

/** A conversation to be written in the model's chat template. */
export interface ChatPrompt {
  readonly kind: 'chat';
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly ToolFunction[];
  /** Further variables of the template. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** What the answer begins with; it is not part of the answer's text. */
  readonly opening: string;
}

export interface TextPrompt {
  readonly kind: 'text';
  readonly text: string;
  /** What follows the gap that is to be filled. */
  readonly suffix?: string;
}

export interface IdsPrompt {
  readonly kind: 'ids';
  readonly ids: readonly number[];
}

export type Prompt = ChatPrompt | TextPrompt | IdsPrompt;

/** How the text is written: options of `generate`, as a client may set them. */
export interface WritingOptions {
  /** @default as many as the context leaves */
  readonly maxTokens?: number;
  readonly minTokens?: number;
  readonly temperature: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly minP?: number;
  readonly presencePenalty?: number;
  readonly frequencyPenalty?: number;
  readonly repetitionPenalty?: number;
  readonly logitBias?: Readonly<Record<number, number>>;
  readonly stop: readonly string[];
  readonly seed: number;
  /** How many of the likeliest tokens are told beside each; undefined tells no log-probabilities at all. */
  readonly topLogprobs?: number;
  readonly constraint?: ConstraintSource;
  /** Special tokens stay in the text: they mark tool calls. @default false */
  readonly keepsSpecialTokens?: boolean;
}

/** One text to be written. */
export interface WriteJob {
  readonly prompt: Prompt;
  /** The adapter's name; null for the model itself. */
  readonly adapter: string | null;
  readonly options: WritingOptions;
  /** Also tell the prompt's tokens, for clients that want it repeated; with topLogprobs, their log-probabilities. */
  readonly echo?: boolean;
}

export interface TokenChoice {
  readonly token: string;
  /** The bytes of the token, which need not be whole characters. */
  readonly bytes: readonly number[];
  readonly logprob: number;
}

export interface WrittenToken extends TokenChoice {
  /** The likeliest, likeliest first. */
  readonly top: readonly TokenChoice[];
}

/** Of the prompt's tokens; the first has no log-probability, as nothing stands before it. */
export interface ReadToken {
  readonly token: string;
  readonly bytes: readonly number[];
  readonly logprob: number | null;
  readonly top: readonly TokenChoice[];
}

/** Why a job cannot be done: the client's fault, told as such. */
export interface Refusal {
  readonly status: number;
  readonly message: string;
  readonly param: string | null;
  readonly code: string | null;
}

export type WriteEvent =
  | { readonly type: 'refused'; readonly refusal: Refusal }
  | {
      readonly type: 'started';
      readonly promptTokens: number;
      /** With echo: the prompt's own text and, with logprobs, its tokens. */
      readonly promptText?: string;
      readonly promptLogprobs?: readonly ReadToken[];
    }
  | { readonly type: 'text'; readonly text: string; readonly token?: WrittenToken }
  | {
      readonly type: 'ended';
      readonly finishReason: 'stop' | 'length';
      readonly completionTokens: number;
      /** Prompt tokens that were in the cache. */
      readonly cachedTokens: number;
    };

export interface EmbedJob {
  /** Texts, or texts as token ids. */
  readonly inputs: readonly (string | readonly number[])[];
}

export type EmbedResult =
  | { readonly refusal: Refusal }
  | { readonly embeddings: readonly Float32Array[]; readonly tokens: number };

export interface EngineStats {
  readonly memory: MemoryStats;
  /** Absent where the model is an encoder. */
  readonly batcher?: BatcherStats & { readonly blocks: number };
}
