// A grammar as a graph over bytes. Walking from a rule's entry to its end spells a text of the rule.
import { GrammarError, type Expression, type Grammar } from './expression.ts';
import { utf8Ranges } from './utf8-ranges.ts';

/** Where a walk stands. */
export type GraphNode =
  /** Reads a byte of [from, to] and goes on; several edges may fit. */
  | { readonly type: 'bytes'; readonly edges: readonly ByteEdge[] }
  /** Goes on to any of these without reading. */
  | { readonly type: 'fork'; readonly targets: readonly number[] }
  /** Walks a rule, then goes on. */
  | { readonly type: 'call'; readonly rule: string; readonly target: number }
  /** The end of a rule. */
  | { readonly type: 'end' };

export interface ByteEdge {
  readonly from: number;
  readonly to: number;
  readonly target: number;
}

export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly entries: ReadonlyMap<string, number>;
  readonly root: number;
}

/** The one end that all rules share: what follows is on the stack. */
export const END = 0;

/** @throws GrammarError for a rule that is missing or begins with itself */
export function buildGraph(grammar: Grammar): Graph {
  const builder = new GraphBuilder(grammar);
  for (const name of grammar.rules.keys()) builder.add(name);
  refuseLeftRecursion(grammar);
  const { nodes, entries } = builder;
  return { nodes, entries, root: entries.get(grammar.root)! };
}

class GraphBuilder {
  readonly nodes: GraphNode[] = [{ type: 'end' }];
  readonly entries = new Map<string, number>();
  readonly #grammar: Grammar;

  constructor(grammar: Grammar) {
    this.#grammar = grammar;
    if (!grammar.rules.has(grammar.root)) this.#missing(grammar.root);
  }

  add(name: string): void {
    this.entries.set(name, this.#build(this.#grammar.rules.get(name)!, END));
  }

  /** Adds the expression before `target`. Returns where it begins. */
  #build(expression: Expression, target: number): number {
    switch (expression.type) {
      case 'text':
        return this.#text(expression.text, target);
      case 'characters':
        return this.#characters(expression.ranges, target);
      case 'sequence':
        return expression.items.reduceRight((next, item) => this.#build(item, next), target);
      case 'choice':
        return this.#fork(expression.options.map((option) => this.#build(option, target)));
      case 'repeat':
        return this.#repeat(expression, target);
      case 'rule':
        if (!this.#grammar.rules.has(expression.name)) this.#missing(expression.name);
        return this.#push({ type: 'call', rule: expression.name, target });
    }
  }

  #text(content: string, target: number): number {
    const bytes = new TextEncoder().encode(content);
    return bytes.reduceRight(
      (next, byte) =>
        this.#push({ type: 'bytes', edges: [{ from: byte, to: byte, target: next }] }),
      target,
    );
  }

  #characters(ranges: readonly (readonly [number, number])[], target: number): number {
    const edges = ranges.flatMap(utf8Ranges).map(([first, ...rest]) => {
      const next = rest.reduceRight(
        (after, [from, to]) => this.#push({ type: 'bytes', edges: [{ from, to, target: after }] }),
        target,
      );
      return { from: first![0], to: first![1], target: next };
    });
    return this.#push({ type: 'bytes', edges });
  }

  /** min copies, then max − min that may each be the last, or a loop. */
  #repeat({ item, min, max }: Extract<Expression, { type: 'repeat' }>, target: number): number {
    let next = target;
    if (max === Infinity) {
      const loop = this.#push({ type: 'fork', targets: [] });
      this.nodes[loop] = { type: 'fork', targets: [this.#build(item, loop), target] };
      next = loop;
    } else {
      for (let i = min; i < max; i++) next = this.#fork([this.#build(item, next), target]);
    }
    for (let i = 0; i < min; i++) next = this.#build(item, next);
    return next;
  }

  #fork(targets: number[]): number {
    return targets.length === 1 ? targets[0]! : this.#push({ type: 'fork', targets });
  }

  #push(node: GraphNode): number {
    return this.nodes.push(node) - 1;
  }

  #missing(name: string): never {
    throw new GrammarError(`grammar: rule ${name}: expected a definition, got none. Add it.`);
  }
}

/** A rule that can call itself before it reads a byte would be walked for ever. */
function refuseLeftRecursion({ rules }: Grammar): void {
  const empty = emptyRules(rules);
  const state = new Map<string, 'open' | 'done'>();
  const visit = (name: string): void => {
    if (state.get(name) === 'done') return;
    if (state.get(name) === 'open') {
      throw new GrammarError(
        `grammar: rule ${name}: expected a rule that reads something before it comes back to itself, got left recursion. Write it as a repetition.`,
      );
    }
    state.set(name, 'open');
    for (const next of leftRules(rules.get(name)!, empty)) visit(next);
    state.set(name, 'done');
  };
  for (const name of rules.keys()) visit(name);
}

/** Rules that match the empty text. */
function emptyRules(rules: ReadonlyMap<string, Expression>): Set<string> {
  const empty = new Set<string>();
  for (let size = -1; size !== empty.size;) {
    size = empty.size;
    for (const [name, expression] of rules) if (isEmpty(expression, empty)) empty.add(name);
  }
  return empty;
}

function isEmpty(expression: Expression, empty: ReadonlySet<string>): boolean {
  switch (expression.type) {
    case 'text':
      return expression.text === '';
    case 'characters':
      return false;
    case 'sequence':
      return expression.items.every((item) => isEmpty(item, empty));
    case 'choice':
      return expression.options.some((option) => isEmpty(option, empty));
    case 'repeat':
      return expression.min === 0 || isEmpty(expression.item, empty);
    case 'rule':
      return empty.has(expression.name);
  }
}

/** Rules that the expression may call before it reads. */
function leftRules(expression: Expression, empty: ReadonlySet<string>): string[] {
  switch (expression.type) {
    case 'text':
    case 'characters':
      return [];
    case 'rule':
      return [expression.name];
    case 'choice':
      return expression.options.flatMap((option) => leftRules(option, empty));
    case 'repeat':
      return leftRules(expression.item, empty);
    case 'sequence': {
      const end = expression.items.findIndex((item) => !isEmpty(item, empty));
      const first = end < 0 ? expression.items : expression.items.slice(0, end + 1);
      return first.flatMap((item) => leftRules(item, empty));
    }
  }
}
