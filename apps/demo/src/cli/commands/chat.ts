// `llm chat`: a conversation, each answer printed as it is written.
import { generate, PromptCache, stopTokensOf, type TokenConstraint } from '@llm/transformer';
import { contextLength } from '../../models/context-length.ts';
import type { OpenModel } from '../../models/open-model.ts';
import { MODEL_OPTIONS, openAdapted, WEIGHTS_OPTION } from '../adapted-model.ts';
import { defineCommand } from '../command.ts';
import { requireChatTemplate } from '../conversation-check.ts';
import { CONSTRAINT_OPTIONS, constraintOptions } from '../generation-options.ts';
import type { Output } from '../output.ts';
import { SAMPLING_OPTIONS, samplingOptions } from '../sampling-options.ts';
import { startBackend } from '../start-backend.ts';
import { Conversation } from './chat/conversation.ts';
import { LineReader } from './chat/line-reader.ts';

const HELP = '/reset forgets what was said, /exit ends (so does Ctrl-D), Ctrl-C stops an answer';

type AnswerOptions = ReturnType<typeof samplingOptions> & {
  readonly constraint?: TokenConstraint;
  readonly maxNewTokens: number;
  readonly seed: number;
};

class Chat {
  readonly #opened: OpenModel;
  readonly #conversation: Conversation;
  readonly #reader: LineReader;
  readonly #output: Output;
  /** Each answer reads only what is new since the last. */
  readonly #promptCache: PromptCache;

  constructor(
    opened: OpenModel,
    conversation: Conversation,
    streams: { readonly reader: LineReader; readonly output: Output },
  ) {
    this.#opened = opened;
    this.#promptCache = new PromptCache(opened.model, {
      maxTokens: 2 * contextLength(opened.model),
    });
    this.#conversation = conversation;
    this.#reader = streams.reader;
    this.#output = streams.output;
  }

  dispose(): void {
    this.#promptCache.dispose();
  }

  async answer(question: string, options: AnswerOptions): Promise<void> {
    this.#conversation.ask(question);
    const ids = this.#prompt(options.maxNewTokens);
    if (ids === undefined) return this.#conversation.withdraw();
    const { model } = this.#opened;
    const room = contextLength(model) - ids.length + 1; // the last token is not read again
    const maxNewTokens = Math.min(options.maxNewTokens, room);
    const stopTokens = stopTokensOf(model.config);
    let text = '';
    const write = (part: string): void => {
      text += part;
      this.#output.text(part);
    };
    let isCut = false;
    const isStopped = await this.#reader.interruptible(async (signal) => {
      const { finishReasons } = await generate(model, [...ids], {
        ...options,
        maxNewTokens,
        stopTokens,
        signal,
        onText: write,
        promptCache: this.#promptCache,
      });
      isCut = finishReasons[0] === 'length';
    });
    this.#output.line();
    this.#conversation.answer(text);
    if (isStopped) this.#output.note('(stopped)');
    if (isCut) this.#output.note(`(the answer was cut after ${maxNewTokens} tokens)`);
  }

  /** The ids that the answer begins after; nothing when the question alone is too long, which is said. */
  #prompt(maxNewTokens: number): readonly number[] | undefined {
    const { model, tokenizer } = this.#opened;
    const context = contextLength(model);
    const room = Math.min(maxNewTokens, Math.ceil(context / 4)); // kept for the answer
    const { ids, dropped } = this.#conversation.fit((messages) => {
      const text = tokenizer.applyChatTemplate(messages, { addGenerationPrompt: true });
      return tokenizer.encode(text, { addSpecialTokens: false });
    }, context - room);
    if (dropped > 0) {
      this.#output.note(
        `(the oldest ${dropped} messages no longer fit into the context of ${context} tokens: the model does not see them)`,
      );
    }
    if (ids.length <= context) return ids;
    this.#output.note(
      `(expected at most ${context} tokens, the model's context, got ${ids.length}: shorten the message)`,
    );
    return undefined;
  }
}

export const command = defineCommand({
  name: 'chat',
  summary:
    'Talks with a model in its chat template. Lines may also come through a pipe, each a message.',
  usage: [
    'chat --model M [--system TEXT] [--temperature 0.7]',
    'echo "What is gravity?" | llm chat --model M --greedy',
  ],
  options: {
    ...MODEL_OPTIONS,
    ...WEIGHTS_OPTION,
    system: { type: 'string', description: 'what the model is told first' },
    ...SAMPLING_OPTIONS,
    ...CONSTRAINT_OPTIONS,
    'max-new-tokens': {
      type: 'integer',
      description: 'most tokens of an answer',
      default: 512,
      minimum: 1,
    },
  },
  async run(context) {
    const { values, output } = context;
    await startBackend(values);
    const opened = await openAdapted(values);
    try {
      requireChatTemplate('--model', opened.tokenizer, 'Use `llm generate`.');
      const conversation = new Conversation(values.system);
      const reader = new LineReader(context);
      const chat = new Chat(opened, conversation, { reader, output });
      if (reader.isTerminal) output.note(HELP);
      const choice = {
        ...samplingOptions(values, opened.tokenizer),
        ...(await constraintOptions(values, opened.tokenizer)),
      };
      let asked = 0;
      for await (const line of reader.lines()) {
        const text = line.trim();
        if (text === '') continue;
        if (text === '/exit') break;
        if (text === '/reset') {
          conversation.reset();
          output.note('(forgotten)');
        } else if (text.startsWith('/')) {
          output.note(`(${text.split(' ')[0]} is no command: ${HELP})`);
        } else {
          const maxNewTokens = values['max-new-tokens'];
          const seed = values.seed + asked++;
          await chat.answer(text, { ...choice, maxNewTokens, seed });
        }
      }
      chat.dispose();
      output.json({ messages: conversation.messages });
    } finally {
      opened.model.dispose();
    }
  },
});
