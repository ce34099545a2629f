import { formatBytes, formatShare, inferenceMemory } from '@llm/memory';

const memory = inferenceMemory('7B', { contextLength: 4096, weightType: 'fp16' });
for (const { name, bytes, share } of memory.parts) {
  console.log(name.padEnd(16), formatBytes(bytes).padStart(9), formatShare(share).padStart(7));
}
// weights           14.00 GB  84.9 %
