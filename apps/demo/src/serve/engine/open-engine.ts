// Loads what the server serves.
import { memoryStats, useBackend, type BackendName } from '@llm/tensor';
import { loadAdapter, setActiveAdapters } from '@llm/peft';
import { loadAnyModel, type CausalLm, type EncoderModel } from '@llm/transformer';
import { Tokenizer } from '@llm/tokenizer';
import { encoderLength, sentenceSettings } from '../../models/sentence-settings.ts';
import { checkModelPath, openEncoder } from '../../models/open-model.ts';
import { Embedder } from './embedder.ts';
import type { EngineInfo, EngineOptions, EngineStats } from './messages.ts';
import { Writer } from './writer.ts';

export class Engine {
  readonly info: EngineInfo;
  readonly writer: Writer | undefined;
  readonly embedder: Embedder | undefined;

  constructor(
    parts: { readonly writer?: Writer; readonly embedder?: Embedder },
    backend: { readonly backend: string; readonly threads: number },
  ) {
    this.writer = parts.writer;
    this.embedder = parts.embedder;
    this.info = {
      writer: parts.writer?.info,
      embedder: parts.embedder?.info,
      backend: backend.backend,
      threads: backend.threads,
    };
  }

  get stats(): EngineStats {
    return { memory: memoryStats(), batcher: this.writer?.stats };
  }
}

/** @throws Error naming the flag whose model, adapter or number is wrong */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { threads, embedder } = options;
  const report = await useBackend(options.backend as BackendName | undefined, { threads });
  await checkModelPath(options.model);
  const tokenizer = await Tokenizer.load(options.model);
  const opened = await loadAnyModel(options.model, { weights: options.weights });
  const { model } = opened;
  model.eval();
  if (opened.family === 'encoderDecoder')
    throw new Error(
      '--model: expected a decoder or an encoder, got an encoder–decoder. Use `llm generate`.',
    );
  if (opened.family === 'encoder') {
    if (embedder !== undefined)
      throw new Error('--embedder: expected none beside an encoder as --model, got one.');
    model.dispose(); // it may have a task's head: embeddings have none
    return new Engine({ embedder: await openEmbedder(options.model) }, report);
  }
  for (const { name, folder } of options.adapters) await addAdapter(opened.model, name, folder);
  const writer = new Writer({ model: opened.model, tokenizer }, options);
  return new Engine(
    { writer, embedder: embedder ? await openEmbedder(embedder) : undefined },
    report,
  );
}

/** @throws Error for a soft prompt: its words stand in the cache, before those of a text */
async function addAdapter(model: CausalLm, name: string, folder: string): Promise<void> {
  await loadAdapter(model, folder, name);
  setActiveAdapters(model, [name]);
  if ((model.softPrompt?.length ?? 0) === 0) return;
  throw new Error(
    `--adapter: ${name}: expected weights of layers, such as LoRA's, got a soft prompt. Use \`llm generate\`.`,
  );
}

async function openEmbedder(folder: string): Promise<Embedder> {
  const opened = await openEncoder(folder);
  const model: EncoderModel = opened.model;
  model.eval();
  const settings = await sentenceSettings(folder, undefined);
  const maxTokens = Math.min(settings.maxLength, encoderLength(model));
  return new Embedder(opened, settings, maxTokens);
}
