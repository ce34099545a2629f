// Finds calls of tools in a text while it is written. What may be the beginning of a call is held back until
// that is clear; a call that never becomes valid is given as the text it is.
import type { ToolFormatName } from './tool-format.ts';

export interface ToolCall {
  readonly name: string;
  /** JSON. */
  readonly arguments: string;
}

export type AnswerPart =
  | { readonly type: 'content'; readonly text: string }
  | { readonly type: 'call'; readonly call: ToolCall };

export interface AnswerParser {
  push(text: string): AnswerPart[];
  /** The rest, once nothing follows. */
  end(): AnswerPart[];
}

/** @param names of the functions that there are */
export function answerParser(format: ToolFormatName, names: readonly string[]): AnswerParser {
  if (format === 'llama') return new WholeJsonParser(names);
  return format === 'mistral'
    ? new MarkedParser({ opening: '[TOOL_CALLS]', parse: parseMistral })
    : new MarkedParser({ opening: '<tool_call>', closing: '</tool_call>', parse: parseCalls });
}

/** For a model that was made to write one call and nothing else, the format's opening left out. */
export class DemandedCallParser implements AnswerParser {
  #text = '';

  push(text: string): AnswerPart[] {
    this.#text += text;
    return [];
  }

  end(): AnswerPart[] {
    return callsOrText(this.#text, parseCalls);
  }
}

type Parse = (text: string) => ToolCall[] | null;

interface Marks {
  readonly opening: string;
  /** Absent where calls go on to the end. */
  readonly closing?: string;
  readonly parse: Parse;
}

class MarkedParser implements AnswerParser {
  readonly #marks: Marks;
  #held = '';
  #isInCall = false;
  #hasCalled = false;

  constructor(marks: Marks) {
    this.#marks = marks;
  }

  push(text: string): AnswerPart[] {
    this.#held += text;
    const parts: AnswerPart[] = [];
    for (;;) {
      const part = this.#isInCall ? this.#takeCall() : this.#takeText();
      if (part === null) return parts;
      parts.push(...part);
    }
  }

  end(): AnswerPart[] {
    const rest = this.#held;
    this.#held = '';
    if (this.#isInCall) return callsOrText(rest, this.#marks.parse, this.#marks.opening);
    return this.#content(rest);
  }

  /** Text up to a call's opening; null when more must come first. */
  #takeText(): AnswerPart[] | null {
    const { opening } = this.#marks;
    const start = this.#held.indexOf(opening);
    if (start >= 0) {
      const before = this.#held.slice(0, start);
      this.#held = this.#held.slice(start + opening.length);
      this.#isInCall = true;
      return this.#content(before);
    }
    // Blanks wait, too: those before a call are not part of the answer.
    const certain = this.#held.length - openEnd(this.#held, opening);
    const text = this.#held.slice(0, certain).trimEnd();
    if (text === '') return null;
    this.#held = this.#held.slice(text.length);
    return this.#content(text, false);
  }

  #takeCall(): AnswerPart[] | null {
    const { closing, parse, opening } = this.#marks;
    const end = closing === undefined ? -1 : this.#held.indexOf(closing);
    if (end < 0) return null;
    const text = this.#held.slice(0, end);
    this.#held = this.#held.slice(end + closing!.length);
    this.#isInCall = false;
    this.#hasCalled = true;
    return callsOrText(text, parse, opening, closing);
  }

  /** @param isBeforeCall blanks at its end are dropped, and so are those after a call */
  #content(text: string, isBeforeCall = true): AnswerPart[] {
    const kept = this.#hasCalled ? text.trimStart() : text;
    const shown = isBeforeCall && this.#isInCall ? kept.trimEnd() : kept;
    return shown === '' ? [] : [{ type: 'content', text: shown }];
  }
}

const PYTHON_TAG = '<|python_tag|>';

/** Llama's calls are the whole answer: JSON from its first character on. */
class WholeJsonParser implements AnswerParser {
  readonly #names: readonly string[];
  #held = '';
  #isText = false;

  constructor(names: readonly string[]) {
    this.#names = names;
  }

  push(text: string): AnswerPart[] {
    this.#held += text;
    const seen = this.#held.trimStart();
    if (seen === '') return [];
    const mayBeCall =
      seen.startsWith('{') || PYTHON_TAG.startsWith(seen) || seen.startsWith(PYTHON_TAG);
    if (mayBeCall && !this.#isText) return [];
    this.#isText = true;
    return this.#release();
  }

  end(): AnswerPart[] {
    if (this.#isText) return [];
    const text = this.#held.trim();
    const json = text.startsWith(PYTHON_TAG) ? text.slice(PYTHON_TAG.length) : text;
    const calls = parseCalls(json) ?? parseEach(json.split(/;\s*(?=\{)/));
    if (calls === null || calls.some(({ name }) => !this.#names.includes(name)))
      return this.#release();
    return calls.map((call) => ({ type: 'call', call }));
  }

  #release(): AnswerPart[] {
    const text = this.#held;
    this.#held = '';
    return text === '' ? [] : [{ type: 'content', text }];
  }
}

/** How many of the last characters of `text` may be the beginning of `mark`. */
function openEnd(text: string, mark: string): number {
  for (let length = Math.min(mark.length - 1, text.length); length > 0; length--)
    if (text.endsWith(mark.slice(0, length))) return length;
  return 0;
}

function callsOrText(text: string, parse: Parse, opening = '', closing = ''): AnswerPart[] {
  const calls = parse(text);
  if (calls !== null) return calls.map((call) => ({ type: 'call', call }));
  return [{ type: 'content', text: opening + text + closing }];
}

/** One call, or a list of them. */
function parseCalls(text: string): ToolCall[] | null {
  const value = parseJson(text);
  const calls = [value].flat().map(asCall);
  return calls.includes(null) || calls.length === 0 ? null : (calls as ToolCall[]);
}

/** A list, or name[ARGS]{…}, once or more. */
function parseMistral(text: string): ToolCall[] | null {
  if (text.trimStart().startsWith('[')) return parseCalls(text);
  return parseEach(text.split('[TOOL_CALLS]'), (part) => {
    const [name = '', json] = part.split('[ARGS]');
    const value = json === undefined ? undefined : parseJson(json);
    return isObject(value) ? { name: name.trim(), arguments: JSON.stringify(value) } : null;
  });
}

function parseEach(
  parts: readonly string[],
  parse = (part: string): ToolCall | null => asCall(parseJson(part)),
): ToolCall[] | null {
  const calls = parts.map(parse);
  return calls.includes(null) ? null : (calls as ToolCall[]);
}

function asCall(value: unknown): ToolCall | null {
  if (!isObject(value) || typeof value['name'] !== 'string') return null;
  const given = value['arguments'] ?? value['parameters'] ?? {};
  // Some models write the arguments as a string that holds JSON.
  const json = typeof given === 'string' ? given : JSON.stringify(given);
  return { name: value['name'], arguments: json };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
