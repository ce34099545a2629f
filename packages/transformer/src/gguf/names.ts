// GGUF names tensors by role (`blk.3.attn_q.weight`): a table of prefixes per architecture suffices.
import { CheckpointError } from '../errors.ts';

/** Translates a path of ours by a table of its parts; `{i}` stands for a layer's index. */
export function ggufNameBy(table: Readonly<Record<string, string>>, path: string): string {
  const layer = /\.(\d+)\./.exec(path)?.[1] ?? '';
  const suffix = path.slice(path.lastIndexOf('.')); // .weight or .bias
  const role = path.slice(0, -suffix.length).replace(`.${layer}.`, '.{i}.');
  const name = table[role];
  if (name === undefined) {
    throw new CheckpointError(
      `checkpoint: ${path}: expected a parameter of the plain model, got another. Merge or remove adapters first.`,
    );
  }
  return name.replace('{i}', layer) + suffix;
}
