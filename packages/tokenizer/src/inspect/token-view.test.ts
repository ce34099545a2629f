import { describe, expect, it } from 'vitest';
import { gpt2Tokenizer } from '../../test-support/gpt2.ts';
import { Tokenizer, tokenStretches, tokensToHtml, tokensToTerminal } from '../index.ts';

const gpt2 = gpt2Tokenizer();

describe('tokenStretches', () => {
  it('cuts the text where the tokens do', () => {
    const stretches = tokenStretches('Hello world', gpt2.encodeFull('Hello world'));
    expect(stretches).toEqual([
      { text: 'Hello', ids: [15496], tokens: ['Hello'] },
      { text: ' world', ids: [995], tokens: ['Ġworld'] },
    ]);
  });

  it('gives the tokens of one character one stretch', () => {
    // U+1F600 is two tokens of GPT-2's.
    const text = 'a\u{1f600}b';
    const stretches = tokenStretches(text, gpt2.encodeFull(text));
    expect(stretches.map((stretch) => stretch.text)).toEqual(['a', '\u{1f600}', 'b']);
    expect(stretches[1]?.ids.length).toBeGreaterThan(1);
  });

  it('keeps what no token holds', () => {
    const words = Tokenizer.fromJSON({
      pre_tokenizer: { type: 'WhitespaceSplit' },
      model: { type: 'WordLevel', vocab: { a: 0, '<unk>': 1 }, unk_token: '<unk>' },
    });
    const text = ' a  b ';
    const stretches = tokenStretches(text, words.encodeFull(text));
    expect(stretches.map((stretch) => stretch.text)).toEqual([' ', 'a', '  ', 'b', ' ']);
    expect(stretches.map(({ ids }) => ids)).toEqual([[], [0], [], [1], []]);
  });
});

describe('tokensToHtml', () => {
  it('names each token and escapes the text', () => {
    const html = tokensToHtml('<b> & "x"', gpt2.encodeFull('<b> & "x"'));
    expect(html).toContain('<span class="t t0" title="27 &lt;">&lt;</span>');
    expect(html).not.toContain('<b>');
    expect(html).toContain('<title>7 tokens</title>');
  });
});

describe('tokensToTerminal', () => {
  it('colours tokens in turn and ends each colour before a newline', () => {
    const shown = tokensToTerminal('Hello\n', gpt2.encodeFull('Hello\n'));
    const escape = '\u001b[';
    expect(shown).toBe(
      `${escape}30;48;5;153mHello${escape}0m${escape}30;48;5;194m${escape}0m\n${escape}30;48;5;194m${escape}0m`,
    );
  });
});
