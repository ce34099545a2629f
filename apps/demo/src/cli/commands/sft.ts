// `llm sft`: fine-tunes a model on prompts and completions, or on conversations.
import { tokenizeSft, trainSft } from '@llm/align';
import { readSftRows } from '../../data/rows.ts';
import { defineCommand } from '../command.ts';
import { fineTune, MODEL_OR_ADAPTER_OPTIONS } from '../fine-tune.ts';

export const command = defineCommand({
  name: 'sft',
  summary:
    'Fine-tunes a model on prompt–completion pairs or conversations (loss on the answers only).',
  usage: [
    'sft --model M --data pairs.jsonl --out DIR',
    'sft --model M --data chats.jsonl --out DIR --lora --lora-rank 16',
  ],
  options: MODEL_OR_ADAPTER_OPTIONS,
  run: (context) =>
    fineTune(context, {
      name: 'sft',
      read: readSftRows,
      tokenize: tokenizeSft,
      train: trainSft,
      shown: ['mean_token_accuracy'],
      done: (steps, examples) => `fine-tuned for ${steps} steps on ${examples} examples`,
    }),
});
