// Actor and critic as one module: what the optimizer updates and a checkpoint keeps. Parameters that both share are
// one parameter.
import { nn } from '@llm/tensor';
import type { CausalLm, ValueModel } from '@llm/transformer';

export class PpoModel extends nn.Module {
  constructor(
    readonly policy: CausalLm,
    readonly critic: ValueModel,
  ) {
    super();
  }
}
