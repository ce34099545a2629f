// An optimizer that leaves out steps: minibatches of an update that was stopped early change nothing, and do not
// count as steps either, so that AdamW's bias correction is that of the steps made.
import type { JsonValue, Optimizer, Resumable, StepOptions } from '@llm/optim';
import type { Tensor, Variable } from '@llm/tensor';

/** Which steps are left out; a checkpoint keeps how many were. */
export class StepGate implements Resumable {
  /** The next step is left out. */
  isClosed = false;
  /** Steps left out so far. */
  skipped = 0;

  getState(): JsonValue {
    return { skipped: this.skipped };
  }

  setState(state: JsonValue): void {
    this.skipped = (state as { skipped: number }).skipped;
  }
}

export class GatedOptimizer implements Optimizer {
  /** Steps made or left out: what a training loop counts. */
  count = 0;

  constructor(
    private readonly inner: Optimizer,
    private readonly gate: StepGate,
  ) {}

  get parameters(): readonly Variable[] {
    return this.inner.parameters;
  }

  get learningRate(): number {
    return this.inner.learningRate;
  }

  init(model: Parameters<Optimizer['init']>[0]): void {
    this.inner.init(model);
  }

  step(grads: readonly Tensor[], options?: StepOptions): void {
    if (this.gate.isClosed) {
      this.gate.skipped += 1;
    } else {
      this.inner.count = this.count - this.gate.skipped;
      this.inner.step(grads, options);
    }
    this.count += 1;
  }

  get evaluationWeights(): (() => Tensor[]) | undefined {
    return this.inner.evaluationWeights && (() => this.inner.evaluationWeights!());
  }

  saveState(): Map<string, Tensor> {
    return this.inner.saveState();
  }

  loadState(entries: ReadonlyMap<string, Tensor>): void {
    this.inner.loadState(entries);
  }

  dispose(): void {
    this.inner.dispose();
  }
}
