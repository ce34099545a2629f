import { describe, expect, it } from 'vitest';
import { labelSegments } from './label-segments.ts';

const tokenizer = { decode: (ids: readonly number[]) => String.fromCharCode(...ids) };
const example = (text: string, mask: string) => ({
  inputIds: [...text].map((letter) => letter.charCodeAt(0)),
  completionMask: [...mask].map(Number),
});
const marked = (text: string, mask: string) =>
  labelSegments(example(text, mask), tokenizer)
    .map((segment) => (segment.isTrained ? `[${segment.text}]` : segment.text))
    .join('');

describe('labelSegments', () => {
  it('cuts where trained and untrained tokens meet', () => {
    expect(marked('Q1A2Q3A4', '00110011')).toBe('Q1[A2]Q3[A4]');
  });

  it('does not mark a first token, which nothing predicts', () => {
    expect(marked('abc', '111')).toBe('a[bc]');
  });

  it('keeps the ids, and has nothing to say of nothing', () => {
    expect(labelSegments(example('ab', '01'), tokenizer)[1]).toEqual({
      ...{ text: 'b', ids: [98], isTrained: true },
    });
    expect(marked('', '')).toBe('');
  });
});
