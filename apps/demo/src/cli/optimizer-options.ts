// --optimizer and --schedule: names on the command line for what @llm/optim offers.
import {
  adadelta,
  adafactor,
  adagrad,
  adam,
  adamax,
  adamw,
  constant,
  cosine,
  cosineWithRestarts,
  inverseSqrt,
  lamb,
  linear,
  lion,
  muon,
  nadam,
  oneCycle,
  polynomial,
  radam,
  rmsprop,
  scheduleFreeAdamw,
  sgd,
  warmupStableDecay,
} from '@llm/optim';
import type { Optimizer, Schedule } from '@llm/optim';

interface OptimizerNumbers {
  readonly learningRate: number;
  readonly weightDecay: number;
  /** Of those that have one. */
  readonly b2: number;
}

const OPTIMIZERS: Readonly<Record<string, (numbers: OptimizerNumbers) => Optimizer>> = {
  adamw,
  adam,
  sgd: ({ learningRate, weightDecay }) => sgd({ learningRate, weightDecay, momentum: 0.9 }),
  adagrad: ({ learningRate, weightDecay }) => adagrad({ learningRate, weightDecay }),
  rmsprop: ({ learningRate, weightDecay }) => rmsprop({ learningRate, weightDecay }),
  adadelta: ({ learningRate, weightDecay }) => adadelta({ learningRate, weightDecay }),
  adamax,
  nadam: (numbers) => nadam({ ...numbers, decoupledWeightDecay: true }),
  radam: (numbers) => radam({ ...numbers, decoupledWeightDecay: true }),
  adafactor: ({ learningRate, weightDecay }) => adafactor({ learningRate, weightDecay }),
  lion: ({ learningRate, weightDecay }) => lion({ learningRate, weightDecay }),
  lamb,
  // One rate for the matrices and for the rest, which is AdamW's.
  muon: (numbers) => muon({ ...numbers, adjustLearningRate: 'match-rms-adamw', adamw: numbers }),
  'schedule-free': scheduleFreeAdamw,
};

export interface ScheduleNumbers {
  readonly learningRate: number;
  readonly warmupSteps: number;
  readonly steps: number;
  /** The rate at the end, of those that fall. */
  readonly minLearningRate: number;
}

const SCHEDULES: Readonly<Record<string, (numbers: ScheduleNumbers) => Schedule>> = {
  linear,
  cosine,
  'cosine-with-restarts': (numbers) => cosineWithRestarts({ ...numbers, restarts: 4 }),
  polynomial: (numbers) =>
    polynomial({ ...numbers, power: 2, steps: Math.max(numbers.steps, numbers.warmupSteps + 1) }),
  constant,
  'inverse-sqrt': inverseSqrt,
  'warmup-stable-decay': (numbers) => {
    const decaySteps = Math.max(1, Math.floor((numbers.steps - numbers.warmupSteps) / 5));
    const steps = Math.max(numbers.steps, numbers.warmupSteps + decaySteps);
    return warmupStableDecay({ ...numbers, steps, decaySteps, decay: '1-sqrt' });
  },
  'one-cycle': ({ learningRate, steps }) => oneCycle({ learningRate, steps: Math.max(2, steps) }),
};

/** Flags of every training command. */
export const OPTIMIZER_OPTIONS = {
  optimizer: {
    type: 'string',
    description: 'how gradients become steps',
    choices: Object.keys(OPTIMIZERS),
    default: 'adamw',
  },
  schedule: {
    type: 'string',
    description: 'of the learning rate, after --warmup',
    choices: Object.keys(SCHEDULES),
    default: 'cosine',
  },
} as const;

export function makeOptimizer(name: string, numbers: OptimizerNumbers): Optimizer {
  return OPTIMIZERS[name]!(numbers); // the parser has checked the name
}

/** A schedule-free optimizer warms up itself and then keeps its rate. */
export function makeSchedule(
  { optimizer, schedule }: { readonly optimizer: string; readonly schedule: string },
  numbers: ScheduleNumbers,
): Schedule {
  return optimizer === 'schedule-free' ? constant(numbers) : SCHEDULES[schedule]!(numbers);
}
