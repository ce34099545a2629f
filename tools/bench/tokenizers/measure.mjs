// Speeds of tokenizers, measured in turn (A B C A B C …) and compared with the best of the others round by round.
import { Contestant } from '../contestant.mjs';
import { median } from '../interleave.mjs';
import { TASKS } from './works.mjs';

async function rounds(contestants, task, corpus, count) {
  const speeds = contestants.map(() => []);
  for (let round = 0; round <= count; round++) {
    for (const [i, contestant] of contestants.entries()) {
      const { seconds, work } = await contestant.ask(`run ${task} ${corpus}`);
      // The first round warms up.
      if (round > 0) speeds[i].push(task === 'load' ? seconds * 1000 : work / seconds / 1e6);
    }
  }
  return speeds.map(median);
}

/** @returns rows `{ label, cells }`: a cell for each corpus and task in MB/s (encode) or Mtokens/s, then loading in ms */
export async function measureTokenizer({ vocabulary, contestants }, options) {
  const { folder, peers, corpora, python, threads = 1, tasks = TASKS } = options;
  const running = [];
  try {
    for (const description of contestants) {
      const contestant = new Contestant(
        description,
        { folder, peers, vocabulary },
        { threads, python },
      );
      running.push(contestant);
      await contestant.ready();
    }
    const columns = [];
    for (const corpus of corpora) {
      for (const task of tasks) {
        if (task === 'load') continue;
        columns.push(await rounds(running, task, corpus, options.rounds));
      }
    }
    if (tasks.includes('load')) columns.push(await rounds(running, 'load', '-', options.rounds));
    return running.map(({ label }, i) => ({ label, cells: columns.map((column) => column[i]) }));
  } finally {
    for (const contestant of running) contestant.close();
  }
}
