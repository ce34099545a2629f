#!/usr/bin/env node
// The command as npm links it. It runs the built app; what goes wrong outside a command's own errors is told in one line.
import process from 'node:process';

function fail(error) {
  const isDebug = Boolean(process.env.LLM_DEBUG);
  const text = error instanceof Error ? (isDebug ? error.stack : error.message) : String(error);
  process.stderr.write(`llm: ${text}\n`);
  process.exit(1);
}

process.on('uncaughtException', fail);
// A reader that has seen enough, such as `llm … | head -1`, is no failure.
process.stdout.on('error', (error) => (error.code === 'EPIPE' ? process.exit(0) : fail(error)));

async function loadMain() {
  try {
    return (await import('../dist/cli/main.js')).main;
  } catch (error) {
    if (error?.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new Error(`not built yet. Run \`npm run setup\` in the repository. (${error.message})`);
  }
}

process.exitCode = await (await loadMain())(process.argv.slice(2));
