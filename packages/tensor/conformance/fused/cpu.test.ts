import { runConformance } from './run-conformance.ts';

runConformance({ backend: 'cpu' });
