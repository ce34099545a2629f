// Where a training step's time goes, kernel by kernel, against what the machine can do.
import { adamw } from '@llm/optim';
import {
  Generator,
  measureMachinePeak,
  memoryStats,
  profile,
  resetPeakMemory,
  tf,
  valueAndGrads,
} from '@llm/tensor';
import type { KernelProfile, MachinePeak } from '@llm/tensor';
import { tokenLoss } from '@llm/transformer';
import type { CausalLm } from '@llm/transformer';

export interface StepShape {
  readonly batch: number;
  readonly time: number;
  readonly steps: number;
}

export interface StepProfile {
  /** Of one step, like everything here. */
  readonly seconds: number;
  readonly flops: number;
  /** Of the machine's float32 peak, over the whole step. */
  readonly shareOfPeak: number;
  /** And of the rate of large float32 products. */
  readonly shareOfProduct: number;
  readonly peakBytes: number;
  readonly machine: MachinePeak;
  readonly kernels: readonly KernelProfile[];
}

/** Trains `model` on random tokens, and measures the steps after two that warm up. */
export function profileSteps(model: CausalLm, { batch, time, steps }: StepShape): StepProfile {
  const generator = new Generator(0);
  const optimizer = adamw({ learningRate: 1e-4 });
  optimizer.init(model);
  model.train();
  const { vocabSize } = model.shape;
  const ids = Int32Array.from({ length: batch * time }, () => generator.nextInt(vocabSize));
  const inputIds = tf.tensor2d(ids, [batch, time], 'int32');
  const parameters = model.trainableParameters();
  const step = () => {
    const loss = () => tokenLoss(model, model.hiddenStates(inputIds), inputIds);
    const { value, grads } = valueAndGrads(loss, parameters);
    optimizer.step(grads);
    tf.dispose([value, ...grads]);
  };
  try {
    for (let i = 0; i < 2; i++) step();
    const machine = measureMachinePeak();
    resetPeakMemory();
    const { seconds, kernels } = profile(() => {
      for (let i = 0; i < steps; i++) step();
    });
    const ofOne = kernels.map((kernel) => perStep(kernel, steps));
    const flops = ofOne.reduce((sum, kernel) => sum + kernel.flops, 0);
    const rate = flops / (seconds / steps);
    return {
      seconds: seconds / steps,
      flops,
      shareOfPeak: rate / machine.float32,
      shareOfProduct: rate / machine.product,
      peakBytes: memoryStats().peakBytes,
      machine,
      kernels: ofOne,
    };
  } finally {
    inputIds.dispose();
    optimizer.dispose();
  }
}

function perStep(
  { kernel, calls, seconds, flops, bytes }: KernelProfile,
  steps: number,
): KernelProfile {
  return {
    kernel,
    calls: calls / steps,
    seconds: seconds / steps,
    flops: flops / steps,
    bytes: bytes / steps,
  };
}
