import type { Tensor } from '@llm/tensor';
import { nextTurn } from './next-turn.ts';

/** Reads the logits and lets the event loop turn, so that sockets and signals are heard. */
export async function takeLogits(logits: Tensor): Promise<Float32Array> {
  const values = await logits.data<'float32'>();
  logits.dispose();
  await nextTurn();
  return values;
}
