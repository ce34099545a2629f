// Where a model keeps its soft prompts: several by name, one of them active at most.

import type { nn } from '@llm/tensor';
import { AdapterSite } from '../adapter/adapter-site.ts';
import { AdapterError } from '../errors.ts';
import type { PromptPart } from './prompt-part.ts';
import { findPromptable, type Promptable } from './promptable.ts';
import type { SoftPrompt, SoftPromptSource } from './promptable.ts';

const PLACE = 'softPrompt';

export class PromptSite extends AdapterSite<PromptPart> implements SoftPromptSource {
  get length(): number {
    return this.#current()?.length ?? 0;
  }

  softPrompt(): SoftPrompt | null {
    return this.#current()?.softPrompt() ?? null;
  }

  /** @throws AdapterError when several are active: nobody says in what order they would stand */
  #current(): PromptPart | undefined {
    const [part, ...others] = this.activeParts();
    if (others.length === 0) return part;
    const names = this.active.filter((name) => this.adapter(name) !== undefined);
    throw new AdapterError(
      `prompt: expected one active soft prompt, got ${names.join(', ')}. Choose one with setActiveAdapters.`,
    );
  }

  detach(model: nn.Module, path: string): void {
    const owner = model.getModule(path.split('.').slice(0, -1).join('.')) as Promptable;
    owner.softPrompt = null;
  }
}

/** Adds a part to the model's place for soft prompts. Returns that place's path. */
export function addPrompt(model: nn.Module, name: string, part: PromptPart): string {
  const [path, owner] = findPromptable(model);
  if (owner.softPrompt !== null && !(owner.softPrompt instanceof PromptSite)) {
    throw new AdapterError(
      'prompt: model: expected a free place for soft prompts, got one with something else. Empty model.softPrompt.',
    );
  }
  const site = owner.softPrompt ?? new PromptSite();
  site.training = owner.training;
  for (const [, module] of part.namedModules()) module.training = owner.training;
  site.adapters[name] = part;
  owner.softPrompt = site;
  return path === '' ? PLACE : `${path}.${PLACE}`;
}
