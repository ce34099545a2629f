import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { formatSeconds, Progress } from './progress.ts';

function recorder(isTTY: boolean) {
  let text = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY, columns: 80 }), text: () => text };
}

describe('Progress', () => {
  it('redraws one line on a terminal, with share, figures and time left', () => {
    let clock = 1000;
    const { stream, text } = recorder(true);
    const progress = new Progress(stream, 'pretrain', 100, () => clock);
    clock += 10_000;
    progress.update(25, ['loss 3.21']);
    expect(text()).toContain(' 25%  loss 3.21  30s left'); // 25 in 10 s, so 75 more in 30 s
    expect(text()).not.toContain('\n');
    progress.finish(['loss 3.00']);
    expect(text().endsWith('pretrain  loss 3.00  10s\n')).toBe(true);
  });

  it('reckons a resumed run by its own speed', () => {
    let clock = 0;
    const { stream, text } = recorder(true);
    const progress = new Progress(stream, 'sft', 100, () => clock);
    progress.startAt(80);
    clock += 10_000;
    progress.update(90);
    expect(text()).toContain(' 90%  10s left'); // 10 in 10 s, so the last 10 in 10 s
  });

  it('prints plain lines in a log, at most one every ten seconds', () => {
    let clock = 0;
    const { stream, text } = recorder(false);
    const progress = new Progress(stream, 'sft', 100, () => clock);
    for (let done = 1; done <= 25; done++) {
      clock += 1000;
      progress.update(done);
    }
    expect(text().trim().split('\n')).toEqual(['sft   10%  1m30s left', 'sft   20%  1m20s left']);
  });
});

describe('formatSeconds', () => {
  it.each([
    [9.4, '9s'],
    [75, '1m15s'],
    [3600, '60m00s'],
    [Number.NaN, '?'],
  ])('writes %d as %s', (seconds, text) => {
    expect(formatSeconds(seconds)).toBe(text);
  });
});
