import type { nn, Variable } from '@llm/tensor';

/** Runs `fn` while other variables stand in a module in the place of its own. */
export function withParameters<T>(
  module: nn.Module,
  replacements: ReadonlyMap<Variable, Variable>,
  fn: () => T,
): T {
  const places = Array.from(module.namedParameters()).flatMap(([path, own]) => {
    const replacement = replacements.get(own);
    return replacement ? [{ ...placeOf(module, path), own, replacement }] : [];
  });
  for (const { holder, name, replacement } of places) holder[name] = replacement;
  try {
    return fn();
  } finally {
    for (const { holder, name, own } of places) holder[name] = own;
  }
}

function placeOf(module: nn.Module, path: string) {
  const names = path.split('.');
  const name = names.pop() as string;
  const start = module as unknown as Record<string, unknown>;
  const holder = names.reduce((at, part) => at[part] as Record<string, unknown>, start);
  return { holder, name };
}
