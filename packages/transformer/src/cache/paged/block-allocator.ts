// Which blocks of keys and values belong to whom. A block holds blockSize positions of one text; blocks
// that are full may be shared by texts that begin alike, and stay findable after their texts have ended
// until their room is needed (vLLM; Kwon et al. 2023).

interface SharedBlock {
  readonly key: string;
  /** Stands for all tokens up to the block's end; never given twice. */
  readonly serial: number;
}

/** Texts share only with texts of the same variant of the model: others have other keys and values. */
export type Variant = string | null;

export class BlockAllocator {
  readonly blockSize: number;
  readonly numBlocks: number;
  readonly #users: Int32Array;
  readonly #empty: number[];
  /** Blocks without users that still hold a known beginning; the one freed first goes first. */
  readonly #idle = new Set<number>();
  readonly #byKey = new Map<string, number>();
  readonly #shared = new Map<number, SharedBlock>();
  /** What stands for the beginning of a variant's texts. */
  readonly #beginnings = new Map<Variant, number>();
  #serials = 0;

  constructor(numBlocks: number, blockSize: number) {
    this.numBlocks = numBlocks;
    this.blockSize = blockSize;
    this.#users = new Int32Array(numBlocks);
    this.#empty = Array.from({ length: numBlocks }, (_, i) => numBlocks - 1 - i);
  }

  /** Blocks that can be given away. */
  get free(): number {
    return this.#empty.length + this.#idle.size;
  }

  /** A block with one user; undefined when there is none. */
  allocate(): number | undefined {
    const block = this.#empty.pop() ?? this.#reclaim();
    if (block !== undefined) this.#users[block] = 1;
    return block;
  }

  /** One user fewer. */
  release(block: number): void {
    this.#users[block]! -= 1;
    if (this.#users[block]! > 0) return;
    if (this.#shared.has(block)) this.#idle.add(block);
    else this.#empty.push(block);
  }

  /** Full blocks that hold the beginning of `tokens`, one user more each; never all of it, for the last
   *  token must be read for its logits. */
  share(tokens: readonly number[], variant: Variant = null): number[] {
    const blocks: number[] = [];
    let parent = this.#beginning(variant);
    for (let end = this.blockSize; end < tokens.length; end += this.blockSize) {
      const block = this.#byKey.get(keyOf(parent, tokens.slice(end - this.blockSize, end)));
      if (block === undefined) break;
      this.#idle.delete(block);
      this.#users[block]! += 1;
      blocks.push(block);
      parent = this.#shared.get(block)!.serial;
    }
    return blocks;
  }

  /** Makes the full blocks of a text findable. @param blocks of the text from its beginning */
  publish(tokens: readonly number[], blocks: readonly number[], variant: Variant = null): void {
    let parent = this.#beginning(variant);
    for (const [i, block] of blocks.entries()) {
      const part = tokens.slice(i * this.blockSize, (i + 1) * this.blockSize);
      if (part.length < this.blockSize) return;
      const key = keyOf(parent, part);
      const known = this.#byKey.get(key) ?? block;
      if (known === block && !this.#shared.has(block)) {
        this.#byKey.set(key, block);
        this.#shared.set(block, { key, serial: ++this.#serials });
      }
      parent = this.#shared.get(known)!.serial;
    }
  }

  #beginning(variant: Variant): number {
    const known = this.#beginnings.get(variant) ?? ++this.#serials;
    this.#beginnings.set(variant, known);
    return known;
  }

  /** Takes the block that has been idle longest. */
  #reclaim(): number | undefined {
    const block = this.#idle.values().next().value;
    if (block === undefined) return undefined;
    this.#idle.delete(block);
    this.#byKey.delete(this.#shared.get(block)!.key);
    this.#shared.delete(block);
    return block;
  }
}

/** Equal keys mean equal tokens from the beginning on, and so equal keys and values of the model. */
const keyOf = (parent: number, part: readonly number[]): string => `${parent}/${part.join(',')}`;
