// Starts the backend that --backend and --threads ask for.
import { useBackend } from '@llm/tensor';
import type { BackendName, BackendReport } from '@llm/tensor';

export function startBackend(values: {
  readonly backend: string | undefined;
  readonly threads: number | undefined;
}): Promise<BackendReport> {
  return useBackend(values.backend as BackendName | undefined, { threads: values.threads });
}
