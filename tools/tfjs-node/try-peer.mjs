// Loads the built package in a process of its own and multiplies two vectors with it.
import { spawnSync } from 'node:child_process';

const PROGRAM = `
  const tf = require(process.argv[1]);
  const product = tf.matMul([[1, 2]], [[3], [4]]).dataSync()[0];
  const usesGpu = tf.backend().isUsingGpuDevice === true;
  process.stdout.write('\\n' + JSON.stringify({ version: tf.version['tfjs-node'], usesGpu, product }));
`;

/** Throws with the loader's own words if the package does not work. */
export function tryPeer(folder) {
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2' };
  const child = spawnSync(process.execPath, ['-e', PROGRAM, folder], { encoding: 'utf8', env });
  const answer = child.status === 0 ? JSON.parse(child.stdout.trim().split('\n').at(-1)) : {};
  if (answer.product === 11) return answer;
  throw new Error(
    `tfjs-node: ${folder} was built but does not work:\n${child.stderr || child.stdout}`,
  );
}
