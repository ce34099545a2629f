// The program that child.ts bundles: what bin/llm.mjs does with the built app.
import { main } from '../main.ts';

process.exitCode = await main(process.argv.slice(2));
