// Speeds of tokenizers, measured in turn (A B C A B C …) and compared with the best of the others round by round.
import { Contestant } from '../contestant.mjs';
import { median } from '../interleave.mjs';

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

/** @returns a column for each corpus and task, `{ "english encode": { ours: … } }`: MB/s (encode), Mtokens/s (decode), ms (`load`) */
export async function measureTokenizer({ vocabulary, contestants }, options) {
  const { folder, peers, corpora, python, threads = 1, tasks } = options;
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
    const columns = {};
    const measure = async (key, task, corpus) => {
      const speeds = await rounds(running, task, corpus, options.rounds);
      columns[key] = Object.fromEntries(running.map(({ label }, i) => [label, speeds[i]]));
    };
    for (const corpus of corpora)
      for (const task of tasks.filter((name) => name !== 'load'))
        await measure(`${corpus} ${task}`, task, corpus);
    if (tasks.includes('load')) await measure('load', 'load', '-');
    return columns;
  } finally {
    for (const contestant of running) contestant.close();
  }
}
