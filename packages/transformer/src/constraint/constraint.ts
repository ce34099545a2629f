// What a text must match, in any of three notations, for the tokens of a vocabulary.
import type { Grammar } from './expression.ts';
import { parseGrammar } from './grammar-text.ts';
import { jsonSchemaGrammar } from './json-schema/json-schema.ts';
import { parseRegex } from './regex.ts';
import { buildTrie, type TokenTrie } from './token-trie.ts';
import { TokenConstraint, type VocabularyBytes } from './token-constraint.ts';

/** Exactly one of these. */
export type ConstraintSource =
  /** A JSON schema, or true for any JSON value: the text is JSON that matches it. */
  | { readonly jsonSchema: unknown }
  /** JavaScript's syntax; the whole text matches. */
  | { readonly regex: string }
  /** Rules in llama.cpp's notation, GBNF; the text is one of the rule `root`. */
  | { readonly grammar: string };

/** Compiles a constraint once; it serves any number of texts.
 *  @param vocabulary the bytes of each token: `tokenBytes(tokenizer)` of @llm/tokenizer
 *  @throws GrammarError
 *  @example generate(model, ids, { maxNewTokens: 99, constraint: compileConstraint({ regex: '\\d+' }, tokenBytes(tokenizer)) }) */
export function compileConstraint(
  source: ConstraintSource,
  vocabulary: VocabularyBytes,
): TokenConstraint {
  return new TokenConstraint(grammarOf(source), vocabulary, trieOf(vocabulary));
}

/** A server compiles many constraints for one vocabulary: its tree is built once. */
const tries = new WeakMap<VocabularyBytes, TokenTrie>();

function trieOf(vocabulary: VocabularyBytes): TokenTrie {
  const trie = tries.get(vocabulary) ?? buildTrie(vocabulary);
  tries.set(vocabulary, trie);
  return trie;
}

export function grammarOf(source: ConstraintSource): Grammar {
  if ('jsonSchema' in source) return jsonSchemaGrammar(source.jsonSchema);
  if ('grammar' in source) return parseGrammar(source.grammar);
  return { rules: new Map([['root', parseRegex(source.regex)]]), root: 'root' };
}
