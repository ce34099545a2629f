// @llm/tokenizer's Tokenizer as @llm/align wants one: no tokens added, conversations by chat template.
import type { TextTokenizer } from '@llm/align';
import type { Tokenizer } from '@llm/tokenizer';

export function textTokenizer(tokenizer: Tokenizer): TextTokenizer {
  return {
    encode: (text) => tokenizer.encode(text, { addSpecialTokens: false }),
    decode: (ids) => tokenizer.decode([...ids], { skipSpecialTokens: true }),
    eosTokenId: tokenizer.eosTokenId,
    renderChat: (messages, options) =>
      tokenizer.applyChatTemplate(
        messages.map(({ role, content }) => ({ role, content })),
        options,
      ),
  };
}
