// llama.cpp keeps the matrices of a layer's experts in one tensor [E, .., ..]; our modules have one each.
import { tf, type Tensor } from '@llm/tensor';
import type { WeightSource } from '../checkpoint/weight-source.ts';

const EXPERT = /^(blk\.\d+\.ffn_(?:gate|up|down))\.(\d+)\.weight$/;
const STACKED = /^(blk\.\d+\.ffn_(?:gate|up|down))_exps\.weight$/;

/** The tensor that holds an expert's matrix, and which it is there; null for other parameters. */
export function placeOfExpert(name: string): { stacked: string; index: number } | null {
  const match = EXPERT.exec(name);
  return match && { stacked: `${match[1]}_exps.weight`, index: Number(match[2]) };
}

/** The source with each expert's matrix under a name of its own, as the first GGUF files had them. A
 *  stacked tensor is dequantised once and kept until all its experts were read. */
export function withSingleExperts(source: WeightSource): WeightSource {
  const shapes = new Map<string, readonly number[]>();
  for (const [name, shape] of source.shapes) {
    const stem = STACKED.exec(name)?.[1];
    if (stem === undefined) shapes.set(name, shape);
    const count = stem === undefined ? 0 : shape[0]!;
    for (let i = 0; i < count; i++) shapes.set(`${stem}.${i}.weight`, shape.slice(1));
  }
  const kept = new Map<string, { tensor: Tensor; unread: number }>();
  const readExpert = async (stacked: string, index: number): Promise<Tensor> => {
    const entry = kept.get(stacked) ?? {
      tensor: await source.read(stacked),
      unread: source.shapes.get(stacked)![0]!,
    };
    kept.set(stacked, entry);
    const expert = tf.tidy(() => tf.squeeze(tf.slice(entry.tensor, index, 1), [0]));
    if (--entry.unread > 0) return expert;
    entry.tensor.dispose();
    kept.delete(stacked);
    return expert;
  };
  const placeOf = (name: string) => {
    const place = placeOfExpert(name);
    return place !== null && source.shapes.has(place.stacked) ? place : null;
  };
  const { typeOf, readBlocks } = source;
  return {
    path: source.path,
    shapes,
    read: (name) => {
      const place = placeOf(name);
      return place === null ? source.read(name) : readExpert(place.stacked, place.index);
    },
    ...(typeOf && { typeOf: (name: string) => typeOf(placeOf(name)?.stacked ?? name) }),
    ...(readBlocks && {
      readBlocks: async (name: string) => {
        const place = placeOf(name);
        const blocks = await readBlocks(place?.stacked ?? name);
        if (place === null) return blocks;
        const bytes = blocks.size / source.shapes.get(place.stacked)![0]!; // of one expert
        const expert = tf.slice(blocks, place.index * bytes, bytes);
        blocks.dispose();
        return expert;
      },
    }),
    close: async () => {
      for (const { tensor } of kept.values()) tensor.dispose();
      kept.clear();
      await source.close();
    },
  };
}
