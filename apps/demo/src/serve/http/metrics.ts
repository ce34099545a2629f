// GET /metrics in Prometheus's text format (version 0.0.4).
import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import type { Usage } from '../api/usage.ts';
import type { EngineStats } from '../engine/messages.ts';
import { Histogram } from './histogram.ts';

const NANOSECONDS = 1e9;

export class Metrics {
  readonly firstToken = new Histogram();
  readonly duration = new Histogram();
  /** By route and status. */
  readonly #responses = new Map<string, number>();
  readonly #delays: IntervalHistogram = monitorEventLoopDelay({ resolution: 5 });
  #promptTokens = 0;
  #cachedTokens = 0;
  #completionTokens = 0;

  constructor() {
    this.#delays.enable();
  }

  countResponse(route: string, status: number): void {
    const key = `route="${route}",status="${status}"`;
    this.#responses.set(key, (this.#responses.get(key) ?? 0) + 1);
  }

  countTokens(usage: Pick<Usage, 'promptTokens' | 'cachedTokens' | 'completionTokens'>): void {
    this.#promptTokens += usage.promptTokens;
    this.#cachedTokens += usage.cachedTokens;
    this.#completionTokens += usage.completionTokens;
  }

  /** @param stats absent while the model is being loaded */
  text(stats: EngineStats | undefined): string {
    return [
      ...counter('llm_http_responses_total', 'Responses by route and status.', [
        ...this.#responses,
      ]),
      ...counter('llm_prompt_tokens_total', 'Tokens of prompts.', this.#promptTokens),
      ...counter(
        'llm_prompt_tokens_cached_total',
        'Of these, found in the cache.',
        this.#cachedTokens,
      ),
      ...counter('llm_completion_tokens_total', 'Tokens written.', this.#completionTokens),
      ...head('llm_time_to_first_token_seconds', 'histogram', 'From a request to its first text.'),
      ...this.firstToken.lines('llm_time_to_first_token_seconds'),
      ...head(
        'llm_request_duration_seconds',
        'histogram',
        'From a request to the end of its answer.',
      ),
      ...this.duration.lines('llm_request_duration_seconds'),
      ...this.#delayLines(),
      ...(stats ? engineLines(stats) : []),
      ...gauge(
        'process_resident_memory_bytes',
        'Memory of the whole process.',
        process.memoryUsage.rss(),
      ),
      '',
    ].join('\n');
  }

  dispose(): void {
    this.#delays.disable();
  }

  /** Of the server's own thread since the last look; the timer's own 5 ms are left out. */
  #delayLines(): string[] {
    const name = 'llm_event_loop_delay_seconds';
    const delay = (percent: number): number =>
      Math.max(this.#delays.percentile(percent) / NANOSECONDS - 0.005, 0);
    const lines = [
      ...head(name, 'gauge', "How late timers of the server's thread are, since the last look."),
      `${name}{quantile="0.5"} ${delay(50)}`,
      `${name}{quantile="0.99"} ${delay(99)}`,
      `${name}{quantile="1"} ${delay(100)}`,
    ];
    this.#delays.reset();
    return lines;
  }
}

function engineLines({ memory, batcher }: EngineStats): string[] {
  return [
    ...gauge('llm_live_bytes', 'Bytes of tensors.', memory.liveBytes),
    ...gauge('llm_peak_bytes', 'Most bytes of tensors at once.', memory.peakBytes),
    ...gauge('llm_pooled_bytes', 'Freed bytes kept for reuse.', memory.pooledBytes),
    ...gauge('llm_mapped_bytes', "Bytes of the model's file in memory.", memory.mappedBytes ?? 0),
    ...(batcher
      ? [
          ...gauge('llm_texts_running', 'Texts being read or written.', batcher.running),
          ...gauge('llm_texts_waiting', 'Texts that wait for a place.', batcher.waiting),
          ...gauge('llm_cache_blocks', 'Blocks of keys and values.', batcher.blocks),
          ...gauge('llm_cache_blocks_free', 'Of these, without a text.', batcher.freeBlocks),
          ...counter(
            'llm_preemptions_total',
            'Texts that gave their blocks back.',
            batcher.preemptions,
          ),
        ]
      : []),
  ];
}

const head = (name: string, type: string, help: string): string[] => [
  `# HELP ${name} ${help}`,
  `# TYPE ${name} ${type}`,
];

const gauge = (name: string, help: string, value: number): string[] => [
  ...head(name, 'gauge', help),
  `${name} ${value}`,
];

function counter(name: string, help: string, value: number | [labels: string, value: number][]) {
  const lines =
    typeof value === 'number'
      ? [`${name} ${value}`]
      : value.map(([labels, count]) => `${name}{${labels}} ${count}`);
  return [...head(name, 'counter', help), ...lines];
}
