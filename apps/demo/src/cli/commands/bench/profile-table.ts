// A step's profile as lines of text.
import type { StepProfile } from './profile-step.ts';

const giga = (perSecond: number, digits = 0) => (perSecond / 1e9).toFixed(digits);
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

export function profileTable({ machine, ...step }: StepProfile): string[] {
  const { seconds, kernels } = step;
  const inKernels = kernels.reduce((sum, kernel) => sum + kernel.seconds, 0);
  const rows = kernels.map((kernel) => [
    kernel.kernel,
    kernel.calls.toFixed(0),
    (kernel.seconds * 1000).toFixed(1),
    percent(kernel.seconds / seconds),
    kernel.flops === 0 ? '' : giga(kernel.flops / kernel.seconds),
    kernel.flops === 0 ? '' : percent(kernel.flops / kernel.seconds / machine.float32),
    giga(kernel.bytes / kernel.seconds, 1),
    percent(kernel.bytes / kernel.seconds / machine.readBytes),
  ]);
  const header = ['kernel', 'calls', 'ms', 'of step', 'GFLOP/s', 'of peak', 'GB/s', 'of reading'];
  return [
    `machine: ${giga(machine.float32)} GFLOP/s float32 (${giga(machine.product)} in products of 1,024 square), ${giga(machine.bf16)} bf16, ${giga(machine.int8)} GOP/s int8, reads ${giga(machine.readBytes, 1)} GB/s`,
    `step: ${(seconds * 1000).toFixed(1)} ms, ${(step.flops / 1e9).toFixed(1)} GFLOP, ${percent(step.shareOfPeak)} of the float32 peak, ${percent(step.shareOfProduct)} of such products, ` +
      `${(step.peakBytes / 2 ** 20).toFixed(0)} MiB of tensors at most, ${percent(1 - inKernels / seconds)} of the time in JavaScript`,
    '',
    ...aligned([header, ...rows]),
  ];
}

/** The first column to the left, numbers to the right. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  '),
  );
}
