// Runs a bundle of tfjs-core's specs: `node run-bundle.mjs BUNDLE.cjs REPORT.json [FILTER]`. It needs nothing but Node and
// jasmine, so a Node of another platform, emulated, can run what was bundled here.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

function outcomeOf(spec) {
  const messages = spec.failedExpectations.map((failure) => failure.message);
  return { name: spec.fullName, status: spec.status, reason: spec.pendingReason ?? '', messages };
}

function runJasmine(filter) {
  const env = globalThis.jasmine.getEnv();
  const keep = new RegExp(filter, 'i');
  env.configure({ random: false, specFilter: (spec) => keep.test(spec.getFullName()) });
  const outcomes = [];
  const overall = [];
  env.addReporter({
    specDone: (spec) => outcomes.push(outcomeOf(spec)),
    suiteDone: (suite) => overall.push(...suite.failedExpectations.map((f) => f.message)),
    jasmineDone: (run) => overall.push(...run.failedExpectations.map((f) => f.message)),
  });
  return env.execute().then(() => ({ outcomes, overall }));
}

export async function runBundle(file, reportPath, filter = '') {
  const suite = createRequire(import.meta.url)(resolve(file));
  await suite.load();
  writeFileSync(reportPath, JSON.stringify(await runJasmine(filter)));
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await runBundle(...process.argv.slice(2));
  process.exit(0); // some specs leave timers behind
}
