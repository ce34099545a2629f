import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ChatMessage } from './apply-chat-template.ts';
import { renderChatTemplate } from './apply-chat-template.ts';

interface Case {
  template: string;
  messages: ChatMessage[];
  tools: unknown[] | null;
  addGenerationPrompt: boolean;
  text: string;
}

const url = new URL('../../fixtures/chat-template.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(url, 'utf8')) as { cases: Case[] };
const roles = { bosToken: '<s>', eosToken: '</s>' };

describe('applyChatTemplate', () => {
  cases.forEach(({ template, messages, tools, addGenerationPrompt, text }, i) => {
    it(`renders as Transformers does: case ${i}`, () => {
      const withTemplate = { ...roles, chatTemplate: template };
      const options = { addGenerationPrompt, tools: tools ?? undefined };
      expect(renderChatTemplate(messages, withTemplate, options)).toBe(text);
    });
  });

  it('says what to do when there is no template', () => {
    expect(() => renderChatTemplate([], roles)).toThrow(
      'applyChatTemplate: chatTemplate: expected a template, got none.',
    );
  });

  it("passes on the template's own objection", () => {
    const rich = cases.find(({ tools }) => tools !== null)?.template;
    const messages = [{ role: 'pirate', content: 'arr' }];
    expect(() => renderChatTemplate(messages, { ...roles, chatTemplate: rich })).toThrow(
      'Unknown role: pirate',
    );
  });
});
