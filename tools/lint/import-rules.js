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

/** What a package's tests may import beside that: models to try adapters on, adapters to train. Never at run time. */
const TEST_IMPORTS = { peft: ['transformer'], align: ['peft'], memory: ['tensor', 'transformer'] };

/** What one folder of a package may import beside that: @llm/memory/measure is an entry of its own, with an optional peer. */
const FOLDER_IMPORTS = { memory: { folder: 'src/measure', also: ['tensor'] } };

function restrictionsFor(name, also = []) {
  const allowed = [...ALLOWED_IMPORTS[name], ...also];
  const forbidden = SIBLINGS.filter((other) => !allowed.includes(other));
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

function rulesFor(name) {
  const rule = (also) => ({
    'no-restricted-imports': ['error', { patterns: restrictionsFor(name, also) }],
  });
  const ignores = [`packages/${name}/examples/**`]; // an example imports the package as its user does
  const rules = [{ files: [`packages/${name}/**/*.ts`], ignores, rules: rule([]) }];
  const { folder, also } = FOLDER_IMPORTS[name] ?? {};
  if (folder) rules.push({ files: [`packages/${name}/${folder}/**/*.ts`], rules: rule(also) });
  const inTests = TEST_IMPORTS[name];
  if (inTests)
    rules.push({
      files: [`packages/${name}/**/*.test.ts`, `packages/${name}/src/test/**`],
      rules: rule(inTests),
    });
  return rules;
}

export const importRules = Object.keys(ALLOWED_IMPORTS).flatMap(rulesFor);
