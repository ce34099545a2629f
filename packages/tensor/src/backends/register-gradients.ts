/**
 * tfjs's gradients. tfjs-core registers none in Node, and ships them as ES modules inside a CommonJS
 * package, so they are bundled into this package (see tsup.config.ts). The second copy of tfjs's
 * operations that comes with them shares the engine and the registries, which live on globalThis.
 */
let registration: Promise<unknown> | undefined;

/** Registers them once, after tfjs-core itself has been loaded. */
export async function registerTfjsGradients(): Promise<void> {
  registration ??= import('@tensorflow/tfjs-core/dist/register_all_gradients.js');
  await registration;
}
