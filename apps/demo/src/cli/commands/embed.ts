// `llm embed`: one vector for each text, so that texts of like meaning have vectors of like direction.
import { embed } from '@llm/transformer';
import type { EncoderModel, Pooling } from '@llm/transformer';
import type { Tokenizer } from '@llm/tokenizer';
import { readTextList } from '../../data/text-list.ts';
import { openEncoder } from '../../models/open-model.ts';
import { encoderLength, sentenceSettings } from '../../models/sentence-settings.ts';
import type { SentenceSettings } from '../../models/sentence-settings.ts';
import { defineCommand, UsageError } from '../command.ts';
import { startBackend } from '../start-backend.ts';

/** Batches between two looks at Ctrl-C and the progress bar. */
const BATCHES_OF_A_PART = 8;

interface Tokenized {
  readonly sequences: readonly (readonly number[])[];
  /** How many texts were longer than the model reads. */
  readonly truncated: number;
}

function tokenize(
  texts: readonly string[],
  tokenizer: Tokenizer,
  { isLowerCase }: SentenceSettings,
  maxLength: number,
): Tokenized {
  let truncated = 0;
  const sequences = texts.map((given) => {
    const text = isLowerCase ? given.toLowerCase() : given;
    const ids = tokenizer.encode(text);
    if (ids.length <= maxLength) return ids;
    truncated += 1;
    return tokenizer.encodeFull(text, { truncation: { maxLength }, padding: false }).ids;
  });
  return { sequences, truncated };
}

function checkSequences(sequences: readonly (readonly number[])[], model: EncoderModel): void {
  const { vocabSize } = model.config;
  const empty = sequences.findIndex((ids) => ids.length === 0);
  if (empty >= 0) {
    throw new Error(`text ${empty + 1}: expected at least one token, got none. Leave it out.`);
  }
  const wrong = sequences.flat().find((id) => id >= vocabSize);
  if (wrong === undefined) return;
  throw new Error(
    `--model: expected ids below the model's vocabulary of ${vocabSize}, got ${wrong}. Is the tokenizer that of another model?`,
  );
}

export const command = defineCommand({
  name: 'embed',
  summary:
    'Prints the sentence embedding of each text; the closer two vectors, the closer the meanings.',
  usage: [
    'embed --model M --text TEXT --text TEXT --json',
    'embed --model M --file sentences.txt > vectors.txt',
  ],
  options: {
    model: {
      type: 'string',
      description: 'Hugging Face folder of a BERT, RoBERTa, DistilBERT, MiniLM or ModernBERT',
      placeholder: 'PATH',
      required: true,
    },
    text: { type: 'string', description: 'a text', multiple: true },
    file: {
      type: 'string',
      description: 'a text on each line, or a .jsonl file with a column text; .gz too',
      placeholder: 'FILE',
    },
    pooling: {
      type: 'string',
      description: "how tokens become one vector (default: as the model's files say, else mean)",
      choices: ['mean', 'cls', 'max'],
    },
    batch: { type: 'integer', description: 'texts computed at once', default: 32, minimum: 1 },
  },
  async run({ values, output, signal }) {
    if ((values.text.length === 0) === (values.file === undefined)) {
      throw new UsageError('expected one of --text and --file.');
    }
    await startBackend(values);
    const texts = values.file === undefined ? values.text : await readTextList(values.file);
    const { model, tokenizer } = await openEncoder(values.model);
    try {
      const settings = await sentenceSettings(values.model, values.pooling as Pooling | undefined);
      const maxLength = Math.min(settings.maxLength, encoderLength(model));
      const { sequences, truncated } = tokenize(texts, tokenizer, settings, maxLength);
      checkSequences(sequences, model);
      if (truncated > 0)
        output.note(`${truncated} of ${texts.length} texts cut to ${maxLength} tokens`);
      const { pooling, normalize } = settings;
      const embeddings: number[][] = [];
      const progress = output.progress('embed', texts.length);
      const part = values.batch * BATCHES_OF_A_PART;
      for (let start = 0; start < sequences.length; start += part) {
        signal.throwIfAborted();
        const some = sequences.slice(start, start + part);
        const vectors = await embed(model, some, { pooling, normalize, batchSize: values.batch });
        embeddings.push(...vectors.map((vector) => Array.from(vector)));
        progress.update(embeddings.length);
      }
      output.json({ embeddings });
      if (!output.isJson) for (const vector of embeddings) output.line(vector.join(' '));
      progress.finish([`${texts.length} texts, ${embeddings[0]?.length ?? 0} numbers each`]);
    } finally {
      model.dispose();
    }
  },
});
