import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  answerParser,
  DemandedCallParser,
  type AnswerParser,
  type AnswerPart,
} from './tool-call-parser.ts';
import { callSchema, toolFormatOf, type ToolFormatName } from './tool-format.ts';

/** Contents joined, calls as [name, arguments]. */
function read(parser: AnswerParser, pieces: readonly string[]) {
  const parts: AnswerPart[] = [...pieces.flatMap((piece) => parser.push(piece)), ...parser.end()];
  const content = parts.map((part) => (part.type === 'content' ? part.text : '')).join('');
  const calls = parts.flatMap((part) =>
    part.type === 'call' ? [[part.call.name, JSON.parse(part.call.arguments)]] : [],
  );
  return { content, calls };
}

const CALL = '{"name": "weather", "arguments": {"city": "Lima"}}';
const WEATHER = ['weather', { city: 'Lima' }];

const CASES: readonly [ToolFormatName, text: string, content: string, calls: unknown[]][] = [
  ['hermes', 'It is 7 < 9 and <tool is a tag.', 'It is 7 < 9 and <tool is a tag.', []],
  ['hermes', `<tool_call>\n${CALL}\n</tool_call>`, '', [WEATHER]],
  ['hermes', `Let me see.\n\n<tool_call>${CALL}</tool_call>`, 'Let me see.', [WEATHER]],
  [
    'hermes',
    `<tool_call>${CALL}</tool_call>\n<tool_call>${CALL}</tool_call>`,
    '',
    [WEATHER, WEATHER],
  ],
  ['hermes', `<tool_call>${CALL}`, '', [WEATHER]], // the end of the answer closes it
  ['hermes', '<tool_call>not JSON</tool_call> after', '<tool_call>not JSON</tool_call>after', []],
  ['mistral', `[TOOL_CALLS] [${CALL}, ${CALL}]`, '', [WEATHER, WEATHER]],
  ['mistral', '[TOOL_CALLS]weather[ARGS]{"city": "Lima"}', '', [WEATHER]],
  ['mistral', 'An [array] it is.', 'An [array] it is.', []],
  ['llama', '{"name": "weather", "parameters": {"city": "Lima"}}', '', [WEATHER]],
  ['llama', `<|python_tag|>${CALL}; ${CALL}`, '', [WEATHER, WEATHER]],
  ['llama', '{"name": "Lima", "population": 1}', '{"name": "Lima", "population": 1}', []],
  ['llama', 'Plain text.', 'Plain text.', []],
];

describe('answerParser', () => {
  it.each(CASES)('%s: %s', (format, text, content, calls) => {
    expect(read(answerParser(format, ['weather']), [text])).toEqual({ content, calls });
  });

  it('finds the same wherever the text is cut', () => {
    const cut = fc.tuple(fc.constantFrom(...CASES), fc.array(fc.nat(60), { maxLength: 8 }));
    fc.assert(
      fc.property(cut, ([[format, text, content, calls], places]) => {
        const borders = [0, ...places.toSorted((a, b) => a - b), text.length];
        const pieces = borders.slice(1).map((end, i) => text.slice(borders[i], end));
        expect(read(answerParser(format, ['weather']), pieces)).toEqual({ content, calls });
      }),
    );
  });

  it('gives text at once that cannot become a call', () => {
    const parser = answerParser('hermes', []);
    expect(parser.push('Hello <b>')).toEqual([{ type: 'content', text: 'Hello <b>' }]);
    expect(parser.push(' <tool_c')).toEqual([]);
    expect(parser.push('x')).toEqual([{ type: 'content', text: ' <tool_cx' }]);
  });
});

describe('a demanded call', () => {
  it('is read without its marks', () => {
    expect(
      read(new DemandedCallParser(), ['{"name": "weather", ', '"arguments": {"city": "Lima"}}']),
    ).toEqual({
      content: '',
      calls: [WEATHER],
    });
  });

  it('keeps references within its arguments', () => {
    const parameters = { $defs: { a: { type: 'null' } }, properties: { x: { $ref: '#/$defs/a' } } };
    expect(callSchema([{ name: 'f' }, { name: 'g', parameters }], 'llama')).toMatchObject({
      anyOf: [
        {},
        {
          properties: {
            name: { const: 'g' },
            parameters: { properties: { x: { $ref: '#/anyOf/1/properties/parameters/$defs/a' } } },
          },
        },
      ],
    });
  });
});

describe('toolFormatOf', () => {
  it.each([
    ["{{ '<tool_call>' }}", 'hermes'],
    ["{{ '[TOOL_CALLS]' }}", 'mistral'],
    ["{{ '<|python_tag|>' }}", 'llama'],
    ['{{ \'{"name": "f", "parameters":\' }}', 'llama'],
    ["{{ message['content'] }}", 'hermes'],
  ])('%s is of %s', (template, format) => {
    expect(toolFormatOf(template)).toBe(format);
  });
});
