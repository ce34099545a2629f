// The commands of `llm`, each loaded only when it is run.
import type { Command } from './command.ts';

export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  load(): Promise<Command>;
}

// A command's option types are its own business; the registry only starts it.
const entry = (name: string, summary: string, load: () => Promise<{ command: unknown }>) => ({
  name,
  summary,
  load: async () => (await load()).command as Command,
});

export const COMMANDS: readonly CommandEntry[] = [
  entry('demo', 'the whole road on embedded data, in minutes', () => import('./commands/demo.ts')),
  entry(
    'info',
    'backends, threads, instruction sets, versions',
    () => import('./commands/info.ts'),
  ),
  entry(
    'tokenizer',
    'train a tokenizer, or use one by itself',
    () => import('./commands/tokenizer.ts'),
  ),
  entry('generate', 'continue a prompt', () => import('./commands/generate.ts')),
  entry('chat', 'a conversation with a model', () => import('./commands/chat.ts')),
  entry('serve', "a model behind OpenAI's HTTP API, a page", () => import('./commands/serve.ts')),
  entry('score', 'next-token logits and likelihood', () => import('./commands/score.ts')),
  entry('embed', 'sentence embeddings of texts', () => import('./commands/embed.ts')),
  entry('fill-mask', 'words for the masks of a text', () => import('./commands/fill-mask.ts')),
  entry('pretrain', 'train a language model on text', () => import('./commands/pretrain.ts')),
  entry('sft', 'fine-tune on prompts and completions', () => import('./commands/sft.ts')),
  entry('reward', 'train a reward model on preferences', () => import('./commands/reward.ts')),
  entry('ppo', 'align with a reward model', () => import('./commands/ppo.ts')),
  entry('grpo', 'train by rewards of own answers', () => import('./commands/grpo.ts')),
  entry('rloo', 'the same, against the others’ mean', () => import('./commands/rloo.ts')),
  entry('dpo', 'align straight from preferences', () => import('./commands/dpo.ts')),
  entry('kto', 'align with answers judged one by one', () => import('./commands/kto.ts')),
  entry('bco', 'the same with a classifier’s loss', () => import('./commands/bco.ts')),
  entry('orpo', 'fine-tune and align in one step', () => import('./commands/orpo.ts')),
  entry('cpo', 'preferences without a reference', () => import('./commands/cpo.ts')),
  entry('simpo', 'the same by means of tokens', () => import('./commands/simpo.ts')),
  entry('tpo', 'preferences and an answer to imitate', () => import('./commands/tpo.ts')),
  entry('distill', 'learn from a teacher’s predictions', () => import('./commands/distill.ts')),
  entry('labels', 'see which tokens would be trained', () => import('./commands/labels.ts')),
  entry('eval', 'perplexity, exact match, preferences', () => import('./commands/eval.ts')),
  entry('convert', 'GGUF, folders, adapters, types', () => import('./commands/convert.ts')),
  entry('bench', 'beside the peers; a step’s profile', () => import('./commands/bench.ts')),
  entry('memory', 'what a model takes to serve or train', () => import('./commands/memory.ts')),
];
