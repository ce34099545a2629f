import { describe, expect, it } from 'vitest';
import { Conversation } from './conversation.ts';

/** One id a letter. */
const encode = (messages: readonly { content: string }[]): number[] =>
  [...messages.map(({ content }) => content).join('')].map((letter) => letter.charCodeAt(0));
const seen = (conversation: Conversation, limit: number) => {
  const { ids, dropped } = conversation.fit(encode, limit);
  return { text: String.fromCharCode(...ids), dropped };
};

function twoExchanges(): Conversation {
  const conversation = new Conversation('S');
  conversation.ask('aa');
  conversation.answer('bb');
  conversation.ask('cc');
  conversation.answer('dd');
  conversation.ask('ee');
  return conversation;
}

describe('Conversation', () => {
  it('shows all while it fits', () => {
    expect(seen(twoExchanges(), 11)).toEqual({ text: 'Saabbccddee', dropped: 0 });
  });

  it('drops the oldest question with its answer, never the system message', () => {
    const conversation = twoExchanges();
    expect(seen(conversation, 10)).toEqual({ text: 'Sccddee', dropped: 2 });
    expect(seen(conversation, 10)).toEqual({ text: 'Sccddee', dropped: 0 }); // said once
    expect(conversation.messages).toHaveLength(6);
  });

  it('keeps the last question even when it is too long', () => {
    expect(seen(twoExchanges(), 1)).toEqual({ text: 'See', dropped: 4 });
  });

  it('goes on after a question was taken back', () => {
    const conversation = twoExchanges();
    conversation.withdraw();
    conversation.ask('f');
    expect(seen(conversation, 20).text).toBe('Saabbccddf');
  });

  it('begins anew after a reset', () => {
    const conversation = twoExchanges();
    seen(conversation, 1);
    conversation.reset();
    conversation.ask('g');
    expect(seen(conversation, 20).text).toBe('Sg');
  });
});
