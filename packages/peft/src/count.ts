import type { nn } from '@llm/tensor';

export interface ParameterCounts {
  readonly trainable: number;
  readonly all: number;
  /** trainable ÷ all, in percent. */
  readonly trainablePercent: number;
}

/** How many parameters train and how many there are. */
export function countParameters(model: nn.Module): ParameterCounts {
  const all = model.numParameters();
  const trainable = model.trainableParameters().reduce((sum, { size }) => sum + size, 0);
  return { trainable, all, trainablePercent: (100 * trainable) / all };
}

/** `trainable params: 18,432 || all params: 134,533,440 || trainable%: 0.0137`, as PEFT prints it. */
export function formatCounts({ trainable, all, trainablePercent }: ParameterCounts): string {
  const grouped = (n: number) => n.toLocaleString('en-US');
  return (
    `trainable params: ${grouped(trainable)} || all params: ${grouped(all)} || ` +
    `trainable%: ${trainablePercent.toFixed(4)}`
  );
}
