/** Property paths are camelCase (`layers.0.selfAttn.qProj.weight`), checkpoint keys snake_case
 *  (`layers.0.self_attn.q_proj.weight`). The two functions are inverse to each other on such names. */

/** `layers.0.selfAttn.qProj` → `layers.0.self_attn.q_proj` */
export function toSnakePath(path: string): string {
  return path.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** `layers.0.self_attn.q_proj` → `layers.0.selfAttn.qProj`; `ln_1` stays. */
export function toCamelPath(path: string): string {
  return path.replace(/(?<=[a-zA-Z0-9])_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
