// All conformance suites on TensorFlow's own bindings, where one is installed: tools/tfjs-node builds
// them, and its test.mjs runs this file, which CI does. Without a GPU the same code runs on the processor.
import { describe, it } from 'vitest';
import { inspectBackends } from '../../src/index.ts';
import { runConformance } from '../fused/run-conformance.ts';
import { runGradients } from '../gradients/run-gradients.ts';
import { runNn } from '../nn/run-nn.ts';
import { runParameterConformance } from '../parameters/run-parameters.ts';
import { runQuantized } from '../quantized/run-quantized.ts';

const options = { requireGpu: false };
const rungs = await inspectBackends();

// Both peers register themselves as `tensorflow`, so that a process can hold one of them.
const peer = (['tfjs-node-gpu', 'tfjs-node'] as const).find((name) =>
  rungs.some(({ backend, status }) => backend === name && status === 'available'),
);

if (peer === undefined) {
  describe('conformance on tfjs-node', () => {
    it.skip('neither peer is installed: node tools/tfjs-node/build.mjs', () => {});
  });
} else {
  runConformance({ backend: peer, ...options });
  runGradients(peer, options);
  runParameterConformance(peer, options);
  runNn(peer, options);
  runQuantized(peer, options);
}
