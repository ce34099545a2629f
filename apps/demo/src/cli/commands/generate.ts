// `llm generate`: continues a prompt (an encoder–decoder: writes its answer to it), printing each piece of text as soon as it is certain.
import { generate, Seq2SeqLm } from '@llm/transformer';
import type { GenerateResult, LanguageModel } from '@llm/transformer';
import type { Tokenizer } from '@llm/tokenizer';
import { contextLength } from '../../models/context-length.ts';
import { openWriter } from '../../models/open-model.ts';
import { defineCommand, UsageError } from '../command.ts';
import { GENERATION_OPTIONS, generationOptions } from '../generation-options.ts';
import type { Output } from '../output.ts';
import { MODEL_INPUT_OPTIONS, promptIds } from '../model-input.ts';
import { SAMPLING_OPTIONS, samplingOptions } from '../sampling-options.ts';
import { startBackend } from '../start-backend.ts';

/** --max-new-tokens, or what the model's context leaves, which is said. */
function tokensToWrite(
  model: LanguageModel,
  prompt: number,
  asked: number,
  output: Output,
): number {
  const read = model instanceof Seq2SeqLm ? 0 : prompt - 1; // the last token is not read again
  const room = contextLength(model) - read;
  if (asked <= room) return asked;
  output.note(`at most ${room} tokens: the model's context is ${contextLength(model)}`);
  return room;
}

/** What --json prints: of one text, or `texts` of several. */
function document(result: GenerateResult, tokenizer: Tokenizer | undefined): object {
  const texts = result.sequences.map((ids, i) => ({
    ids,
    text: result.texts?.[i] ?? tokenizer?.decode(ids, { skipSpecialTokens: true }) ?? '',
    finishReason: result.finishReasons[i],
    ...(result.scores && { score: result.scores[i] }),
    ...(result.logprobs && { logprobs: result.logprobs[i] }),
    ...(result.topLogprobs && { topLogprobs: result.topLogprobs[i] }),
  }));
  return texts.length === 1 ? texts[0]! : { texts };
}

/** Beams and several texts come at the end, one after the other; a single text is printed as it is written. */
function printTexts(result: GenerateResult, isText: boolean, output: Output): void {
  for (const [i, ids] of result.sequences.entries()) {
    if (result.sequences.length > 1) output.note(`${i + 1}:`);
    output.line(isText ? (result.texts?.[i] ?? '') : ids.join(' '));
  }
}

export const command = defineCommand({
  name: 'generate',
  summary: 'Continues a prompt; an encoder–decoder (T5, BART, Marian) answers it.',
  usage: [
    'generate --model M --prompt TEXT [--greedy] [--max-new-tokens N]',
    'generate --model M --prompt TEXT --chat --temperature 0.7 --top-p 0.9',
    'generate --model M --prompt TEXT --json-schema schema.json',
    'generate --model M --prompt TEXT --beams 4 --n 2',
    'generate --model M --prompt BEFORE --suffix AFTER',
    'generate --model M --ids 1,2,3 --json',
  ],
  options: {
    ...MODEL_INPUT_OPTIONS,
    ...SAMPLING_OPTIONS,
    ...GENERATION_OPTIONS,
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
    const { model, tokenizer, ids } = await promptIds(values, openWriter);
    const isText = values.ids === undefined;
    const choosesBest = values.beams !== undefined || values['penalty-alpha'] !== undefined;
    const isStreamed = values.n === 1 && (values.beams ?? 1) === 1;
    try {
      const more = await generationOptions(values, tokenizer);
      const started = Date.now();
      const result = await generate(model, [...ids], {
        maxNewTokens: tokensToWrite(model, ids.length, values['max-new-tokens'], output),
        minNewTokens: values['min-new-tokens'],
        ...samplingOptions(values, tokenizer, choosesBest ? 0 : undefined),
        ...more,
        seed: values.seed,
        signal,
        onText: (text) => {
          if (!output.isJson && isStreamed && isText) output.text(text);
        },
        onToken: (token) => {
          if (!output.isJson && isStreamed && !isText) output.text(`${token} `);
        },
      }).finally(() => more.draft?.model.dispose());
      output.json(document(result, tokenizer));
      if (output.isJson) return;
      if (isStreamed) output.line();
      else printTexts(result, isText, output);
      const seconds = (Date.now() - started) / 1000;
      const written = result.sequences.reduce((sum, row) => sum + row.length, 0);
      output.note(
        `${written} tokens, ${(written / seconds).toFixed(1)} tokens/s, ${result.finishReasons[0]}`,
      );
      const isTemplateLeft = isText && !values.chat && tokenizer?.chatTemplate !== undefined;
      if (isTemplateLeft && result.sequences.every(({ length }) => length <= 1)) {
        output.note('The model ended at once. It has a chat template: try --chat.');
      }
    } finally {
      model.dispose();
    }
  },
});
