// Keys in adapter_model.safetensors. The adapter's name is not among them: a file holds one adapter.

/** `base_model.model.<path in the Transformers model>.<parameter>`, the key of a parameter beside a layer. */
export function layerKey(moduleName: string, parameter: string): string {
  return `base_model.model.${moduleName}.${parameter}`;
}
