// `llm eval`: how good a model is on held-out data, by the measure that fits the data.
import { EVAL_TASKS, taskOfData } from '../../data/task-of-data.ts';
import type { EvalTask } from '../../data/task-of-data.ts';
import { MODEL_OPTIONS, openAdapted, WEIGHTS_OPTION } from '../adapted-model.ts';
import { defineCommand } from '../command.ts';
import { startBackend } from '../start-backend.ts';
import { evaluateChoice } from './eval/choice.ts';
import type { Evaluation, EvaluationInput } from './eval/evaluation.ts';
import { evaluateMatch } from './eval/match.ts';
import { evaluatePreference } from './eval/preference.ts';
import { evaluateText } from './eval/text.ts';

const EVALUATIONS: Readonly<Record<EvalTask, (input: EvaluationInput) => Promise<Evaluation>>> = {
  text: evaluateText,
  match: evaluateMatch,
  choice: evaluateChoice,
  preference: evaluatePreference,
};

export const command = defineCommand({
  name: 'eval',
  summary:
    'Measures a model on held-out data: bits per byte and perplexity of texts, exact match of greedy answers, multiple choice by likelihood, or how often it prefers the chosen answer.',
  usage: [
    'eval --model M --data heldout.txt',
    'eval --model M --data heldout.txt --block 1024 --stride 512 --raw',
    'eval --model M --data questions.jsonl --max-new-tokens 32',
    'eval --model M --data multiple-choice.jsonl',
    'eval --model M --data preferences.jsonl --json',
  ],
  options: {
    ...MODEL_OPTIONS,
    ...WEIGHTS_OPTION,
    data: {
      type: 'string',
      description:
        'text, or .jsonl with prompt and completion, messages, prompt, choices and answer, or chosen and rejected',
      placeholder: 'FILE',
      required: true,
      multiple: true,
    },
    task: {
      type: 'string',
      description: 'what to measure (default: what the data is for)',
      choices: EVAL_TASKS,
    },
    batch: { type: 'integer', description: 'sequences computed at once', default: 4, minimum: 1 },
    block: {
      type: 'integer',
      description: "tokens of a text seen at once (default: 512, or the model's context)",
      minimum: 1,
    },
    stride: {
      type: 'integer',
      description:
        'tokens from one block of a text to the next; below --block they overlap (default: --block)',
      minimum: 1,
    },
    raw: {
      type: 'boolean',
      description: "a text's own tokens alone: no beginning before it, no end after a document",
    },
    delimiter: {
      type: 'string',
      description: 'between a question and each of its choices',
      default: ' ',
      placeholder: 'TEXT',
    },
    until: {
      type: 'string',
      description: 'an answer ends before this text',
      placeholder: 'TEXT',
      multiple: true,
    },
    'ignore-case': { type: 'boolean', description: 'answers match in any case' },
    'ignore-punctuation': { type: 'boolean', description: 'answers match without punctuation' },
    'max-new-tokens': {
      type: 'integer',
      description: 'most tokens of an answer',
      default: 64,
      minimum: 1,
    },
  },
  async run({ values, output, signal }) {
    const task = (values.task as EvalTask | undefined) ?? (await taskOfData(values.data));
    await startBackend(values);
    const { model, tokenizer } = await openAdapted(values);
    try {
      const { document, lines } = await EVALUATIONS[task]({
        model,
        tokenizer,
        path: values.model,
        data: values.data,
        batch: values.batch,
        block: values.block,
        stride: values.stride,
        isRaw: values.raw,
        delimiter: values.delimiter,
        until: values.until,
        ignoreCase: values['ignore-case'],
        ignorePunctuation: values['ignore-punctuation'],
        maxNewTokens: values['max-new-tokens'],
        output,
        signal,
      });
      output.json({ task, ...document });
      if (!output.isJson) for (const line of lines) output.line(line);
    } finally {
      model.dispose();
    }
  },
});
