export { measureInference, type InferenceProgram } from './measure-inference.ts';
export { measureTrainingStep, type TrainingProgram } from './measure-training.ts';
export type { MeasuredMemory } from './on-meta.ts';
