// config.json as text. Transformers checks the types of its fields, and where it wants a float it
// refuses `3`: JavaScript would write 3.0 so.
const FLOAT_KEYS =
  /("\w*(?:softcapping|dropout\w*|pdrop|eps|epsilon|coef|noise|layerdrop|initializer_\w+|init_std|theta|factor)": -?\d+)(?=,?\n)/g;

/** Pretty JSON whose fractional fields are written as fractions. */
export const configText = (json: Readonly<Record<string, unknown>>): string =>
  `${JSON.stringify(json, null, 2)}\n`.replace(FLOAT_KEYS, '$1.0');
