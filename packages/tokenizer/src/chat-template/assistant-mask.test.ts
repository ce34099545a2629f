import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { gpt2Json } from '../../test-support/gpt2.ts';
import type { ChatMessage } from '../index.ts';
import { Tokenizer } from '../index.ts';

const CHATML =
  "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";
const special = (id: number, content: string) => ({
  id,
  content,
  special: true,
  normalized: false,
});

function withTemplate(chatTemplate: string): Tokenizer {
  const json = gpt2Json() as Record<string, unknown>;
  const added_tokens = [special(50257, '<|im_start|>'), special(50258, '<|im_end|>')];
  return Tokenizer.fromJSON({ ...json, added_tokens }, { chatTemplate });
}

const MESSAGES = [
  { role: 'user', content: 'Hi' },
  { role: 'assistant', content: 'Hello there' },
  { role: 'user', content: 'Bye' },
  { role: 'assistant', content: 'So long' },
];

interface MaskCase {
  template: string;
  messages: ChatMessage[];
  tools: unknown[] | null;
  addGenerationPrompt: boolean;
  text: string;
  ids: number[];
  mask: number[];
}
const fixture = new URL('../../fixtures/chat-template.json', import.meta.url);
const { masks } = JSON.parse(readFileSync(fixture, 'utf8')) as { masks: MaskCase[] };

describe('generation blocks', () => {
  const json = gpt2Json() as Record<string, unknown>;
  const names = ['<|endoftext|>', '<|end|>', '<|sys|>'];
  const tokenizer = Tokenizer.fromJSON(
    { ...json, added_tokens: names.map((name, i) => special(50256 + i, name)) },
    { bosToken: '<|endoftext|>', eosToken: '<|endoftext|>' },
  );

  it.each(masks.map((item, i) => ({ i, item })))(
    "give Transformers' text, ids and mask: $i",
    ({ item }) => {
      const { template, messages, tools, addGenerationPrompt } = item;
      const found = tokenizer.encodeChat(messages, {
        chatTemplate: template,
        addGenerationPrompt,
        ...(tools === null ? {} : { tools }),
      });
      expect(found.text).toBe(item.text);
      expect(found.ids).toEqual(item.ids);
      expect(found.assistantMask).toEqual(item.mask);
    },
  );

  it('are left out where only the text is asked for', () => {
    const { template, messages, text } = masks[0] as MaskCase;
    expect(tokenizer.applyChatTemplate(messages, { chatTemplate: template })).toBe(text);
  });

  it('mark with characters that no message has', () => {
    const chatTemplate = '{% generation %}{{ messages[0].content }}{% endgeneration %}.';
    const content = 'a\u{fff00}b';
    const { text, assistantMask } = tokenizer.encodeChat([{ role: 'assistant', content }], {
      chatTemplate,
    });
    expect(text).toBe(`${content}.`);
    expect(assistantMask.at(-1)).toBe(0);
    expect(assistantMask.slice(0, -1)).not.toContain(0);
  });
});

describe('encodeChat', () => {
  const tokenizer = withTemplate(CHATML);

  it('marks the answers with the tokens that end them', () => {
    const { ids, assistantMask } = tokenizer.encodeChat(MESSAGES);
    const answers = ids.filter((_, i) => assistantMask[i] === 1);
    expect(tokenizer.decode(answers)).toBe('Hello there<|im_end|>So long<|im_end|>');
    expect(assistantMask).toHaveLength(ids.length);
  });

  it('gives the ids of the rendered text', () => {
    const { text, ids } = tokenizer.encodeChat(MESSAGES, { addGenerationPrompt: true });
    expect(text).toBe(tokenizer.applyChatTemplate(MESSAGES, { addGenerationPrompt: true }));
    expect(ids).toEqual(tokenizer.encode(text, { addSpecialTokens: false }));
  });

  it('marks nothing where nobody answered', () => {
    const { assistantMask } = tokenizer.encodeChat(MESSAGES.slice(0, 1));
    expect(assistantMask).not.toContain(1);
  });

  it('refuses a template that writes a message differently later on', () => {
    const counting = withTemplate(`{{ messages | length }}${CHATML}`);
    expect(() => counting.encodeChat(MESSAGES)).toThrow(/another text before message 1/);
  });
});
