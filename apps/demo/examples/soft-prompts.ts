// Four adapters on one frozen model, SmolLM2-135M-Instruct, learn to answer questions about countries: prompt tuning,
// P-tuning, prefix tuning, and LoRA beside them. Measured by the loss of answers to held-out questions.
import { join } from 'node:path';
import { collate, completionLogprobs, tokenizeSft, trainSft } from '@llm/align';
import type { SftExample } from '@llm/align';
import { linear } from '@llm/optim';
import { addLora, addPrefixTuning, addPromptTuning, addPTuning } from '@llm/peft';
import { countParameters, deleteAdapter, saveAdapter } from '@llm/peft';
import { Generator, scope } from '@llm/tensor';
import { Tokenizer } from '@llm/tokenizer';
import { loadModel, type CausalLm } from '@llm/transformer';
import { loadCountries } from '../src/data/countries.ts';
import { allQuestions, completionFor, splitQuestions } from '../src/data/questions.ts';
import type { Question } from '../src/data/questions.ts';
import type { ExampleSettings } from './shared/settings.ts';

const MODEL = 'smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf';
const TEXT = 'Answer the question about a country with a single word or name.';
const VIRTUAL_TOKENS = 16;
const BATCH = 8;

interface Method {
  readonly name: string;
  readonly learningRate: number;
  readonly add: (model: CausalLm, generator: Generator, text: readonly number[]) => unknown;
}

const METHODS: readonly Method[] = [
  {
    name: 'prompt tuning from a text',
    learningRate: 0.03,
    add: (model, generator, tokens) =>
      addPromptTuning(model, { numVirtualTokens: VIRTUAL_TOKENS, init: { tokens }, generator }),
  },
  {
    name: 'P-tuning, MLP of 256',
    learningRate: 1e-3,
    add: (model, generator) =>
      addPTuning(model, {
        ...{ numVirtualTokens: VIRTUAL_TOKENS, encoderHiddenSize: 256, generator },
      }),
  },
  {
    name: 'prefix tuning from zeros',
    learningRate: 0.03,
    add: (model, generator) =>
      addPrefixTuning(model, { numVirtualTokens: VIRTUAL_TOKENS, init: 'zero', generator }),
  },
  {
    name: 'LoRA, rank 4 on queries and values',
    learningRate: 2e-3,
    add: (model, generator) => addLora(model, { rank: 4, alpha: 8, generator }),
  },
];

export interface SoftPromptRow {
  readonly method: string;
  readonly trained: number;
  /** Before the first update. */
  readonly initial: number;
  readonly loss: number;
}

export interface SoftPromptsResult {
  readonly steps: number;
  /** Nats for each token of the answers to held-out questions, of the model alone. */
  readonly base: number;
  readonly methods: readonly SoftPromptRow[];
}

/** Needs the folder of models in LLM_MODELS. */
export async function softPrompts(settings: ExampleSettings): Promise<SoftPromptsResult> {
  const { seed, folder, isSmall, steps = isSmall ? 4 : 60, print } = settings;
  const path = join(modelFolder(), MODEL);
  const tokenizer = await Tokenizer.load(path);
  const model = await loadModel(path);
  try {
    const { train, heldOut } = splitQuestions(allQuestions(await loadCountries()), 6);
    const [examples, unseen] = [examplesOf(train, tokenizer), examplesOf(heldOut, tokenizer)];
    const every = Math.ceil(unseen.length / (isSmall ? 8 : 64));
    const measured = unseen.filter((_, i) => i % every === 0);
    const measure = () => answerLoss(model, measured);
    const base = measure();
    print(`model alone: ${base.toFixed(3)} nats`);
    const methods: SoftPromptRow[] = [];
    for (const { name, learningRate, add } of METHODS) {
      add(model, new Generator(seed), tokenizer.encode(TEXT));
      const { trainable: trained } = countParameters(model);
      const initial = measure();
      const schedule = linear({ learningRate, warmupSteps: Math.min(5, steps), steps });
      const options = { steps, batchSize: BATCH, learningRate, schedule, seed };
      await trainSft({ model, examples, ...options });
      const loss = measure();
      print(`${name}: ${trained} parameters, ${initial.toFixed(3)} → ${loss.toFixed(3)} nats`);
      await saveAdapter(model, join(folder, 'soft-prompts', name.split(',')[0]!));
      deleteAdapter(model, 'default');
      methods.push({ method: name, trained, initial, loss });
    }
    return { steps, base, methods };
  } finally {
    model.dispose();
  }
}

function modelFolder(): string {
  const folder = process.env['LLM_MODELS'];
  if (folder !== undefined) return folder;
  throw new Error(`soft-prompts: LLM_MODELS: expected a folder with ${MODEL}, got nothing.`);
}

function examplesOf(questions: readonly Question[], tokenizer: Tokenizer): SftExample[] {
  const rows = questions.map(({ prompt, answer }) => ({
    prompt,
    completion: completionFor(answer),
  }));
  return tokenizeSft(rows, tokenizer).examples;
}

/** Nats for each token of the answers. */
function answerLoss(model: CausalLm, examples: readonly SftExample[]): number {
  model.eval();
  let [sum, count] = [0, 0];
  for (let i = 0; i < examples.length; i += BATCH) {
    const batch = collate(examples.slice(i, i + BATCH));
    const values = scope(() => completionLogprobs(model, batch).logprobs.dataSync());
    for (const value of values) sum -= value;
    count += values.length;
  }
  return sum / count;
}
