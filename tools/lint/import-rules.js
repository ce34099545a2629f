// Which package may import which (design: dependencies point one way, only tensor touches @tensorflow/*).
const SIBLINGS = ['tokenizer', 'tensor', 'transformer', 'optim', 'align', 'peft', 'memory'];

export const ALLOWED_IMPORTS = {
  tokenizer: [],
  tensor: [],
  transformer: ['tensor'],
  optim: ['tensor'],
  peft: ['tensor'],
  align: ['tensor', 'transformer', 'optim'],
  memory: [],
};

function restrictionsFor(name) {
  const forbidden = SIBLINGS.filter((other) => !ALLOWED_IMPORTS[name].includes(other));
  const patterns = forbidden.map((other) => ({
    group: [`@llm/${other}`, `@llm/${other}/*`],
    message:
      other === name
        ? `A package does not import itself by name; use a relative path.`
        : `@llm/${name} may not import @llm/${other} (see tools/lint/import-rules.js).`,
  }));
  patterns.push({ group: ['@llm/demo', '@llm/demo/*'], message: 'No package imports the demo.' });
  if (name !== 'tensor') {
    patterns.push({
      group: ['@tensorflow/*'],
      message: 'Only @llm/tensor imports @tensorflow/*; use `tf` from @llm/tensor.',
    });
  }
  return patterns;
}

export const importRules = Object.keys(ALLOWED_IMPORTS).map((name) => ({
  files: [`packages/${name}/**/*.ts`],
  ignores: [`packages/${name}/examples/**`], // an example imports the package as its user does
  rules: { 'no-restricted-imports': ['error', { patterns: restrictionsFor(name) }] },
}));
