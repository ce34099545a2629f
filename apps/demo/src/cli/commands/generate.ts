// `llm generate`: continues a prompt, printing each piece of text as soon as it is whole.
import { generate } from '@llm/transformer';
import type { CausalLm } from '@llm/transformer';
import { contextLength } from '../../models/context-length.ts';
import { defineCommand, UsageError } from '../command.ts';
import type { Output } from '../output.ts';
import { MODEL_INPUT_OPTIONS, promptIds } from '../model-input.ts';
import { SAMPLING_OPTIONS, samplingOptions } from '../sampling-options.ts';
import { startBackend } from '../start-backend.ts';

/** --max-new-tokens, or what the model's context leaves, which is said. */
function tokensToWrite(model: CausalLm, prompt: number, asked: number, output: Output): number {
  const room = contextLength(model) - prompt + 1; // the last token is not read again
  if (asked <= room) return asked;
  output.note(`at most ${room} tokens: the model's context is ${contextLength(model)}`);
  return room;
}

export const command = defineCommand({
  name: 'generate',
  summary: 'Continues a prompt.',
  usage: [
    'generate --model M --prompt TEXT [--greedy] [--max-new-tokens N]',
    'generate --model M --prompt TEXT --chat --temperature 0.7 --top-p 0.9',
    'generate --model M --ids 1,2,3 --json',
  ],
  options: {
    ...MODEL_INPUT_OPTIONS,
    ...SAMPLING_OPTIONS,
    'max-new-tokens': {
      type: 'integer',
      description: 'most tokens to write',
      default: 128,
      minimum: 1,
    },
    'min-new-tokens': {
      type: 'integer',
      description: 'fewest tokens to write',
      default: 0,
      minimum: 0,
    },
  },
  async run({ values, output, signal }) {
    if (values['min-new-tokens'] > values['max-new-tokens']) {
      throw new UsageError(
        `--min-new-tokens: expected at most --max-new-tokens ${values['max-new-tokens']}, got ${values['min-new-tokens']}.`,
      );
    }
    await startBackend(values);
    const { model, tokenizer, ids } = await promptIds(values);
    try {
      const decoder =
        values.ids === undefined ? tokenizer?.decodeStream({ skipSpecialTokens: true }) : undefined;
      const started = Date.now();
      const { sequences, finishReasons } = await generate(model, [...ids], {
        maxNewTokens: tokensToWrite(model, ids.length, values['max-new-tokens'], output),
        minNewTokens: values['min-new-tokens'],
        ...samplingOptions(values),
        seed: values.seed,
        signal,
        onToken: (token) => {
          if (!output.isJson) output.text(decoder ? decoder.push(token) : `${token} `);
        },
      });
      const written = sequences[0] ?? [];
      const text = tokenizer?.decode(written, { skipSpecialTokens: true }) ?? '';
      output.json({ ids: written, text, finishReason: finishReasons[0] });
      if (output.isJson) return;
      output.line(decoder?.flush() ?? '');
      const seconds = (Date.now() - started) / 1000;
      output.note(
        `${written.length} tokens, ${(written.length / seconds).toFixed(1)} tokens/s, ${finishReasons[0]}`,
      );
    } finally {
      model.dispose();
    }
  },
});
