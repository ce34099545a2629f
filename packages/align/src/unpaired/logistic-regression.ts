// Which of two kinds a vector belongs to: scikit-learn's LogisticRegression(class_weight='balanced'), with C = 1, found
// by Newton's method instead of L-BFGS. Both come to the only minimum.
import { DataError } from '../errors.ts';

export interface LogisticRegression {
  /** P(true | vector). */
  probability(vector: readonly number[]): number;
}

/** Newton's steps; it converges quadratically, so a few suffice. */
const STEPS = 25;

/** Minimises Σ cᵢ·log(1 + e^(−yᵢ(w·xᵢ + b))) + ½|w|², where cᵢ makes both kinds weigh alike.
 *  @param vectors n of length d @param labels n @throws DataError when only one kind is there */
export function fitLogisticRegression(
  vectors: readonly (readonly number[])[],
  labels: readonly boolean[],
): LogisticRegression {
  const rows = vectors.map((vector) => [...vector, 1]); // the last coefficient is b
  const share = classWeights(labels);
  const size = rows[0]!.length;
  const coefficients = new Array<number>(size).fill(0);
  for (let step = 0; step < STEPS; step++) {
    const { gradient, hessian } = derivatives(rows, labels, share, coefficients);
    const change = solve(hessian, gradient);
    change.forEach((value, i) => (coefficients[i]! -= value));
    if (Math.max(...change.map(Math.abs)) < 1e-10) break;
  }
  return { probability: (vector) => sigmoid(dot(coefficients, [...vector, 1])) };
}

function classWeights(labels: readonly boolean[]): (label: boolean) => number {
  const positive = labels.filter(Boolean).length;
  const negative = labels.length - positive;
  if (positive === 0 || negative === 0) {
    throw new DataError(
      `densityRatioWeights: labels: expected wanted and unwanted answers, got ${positive} and ${negative}. ` +
        'With one kind there is nothing to compare.',
    );
  }
  return (label) => labels.length / (2 * (label ? positive : negative));
}

function derivatives(
  rows: readonly (readonly number[])[],
  labels: readonly boolean[],
  share: (label: boolean) => number,
  coefficients: readonly number[],
): { gradient: number[]; hessian: number[][] } {
  const size = coefficients.length;
  const penalty = (i: number) => (i < size - 1 ? 1 : 0); // b is free
  const gradient = coefficients.map((value, i) => value * penalty(i));
  const hessian = coefficients.map((_, i) =>
    coefficients.map((_, j) => (i === j ? penalty(i) : 0)),
  );
  rows.forEach((row, n) => {
    const weight = share(labels[n]!);
    const p = sigmoid(dot(coefficients, row));
    const slope = weight * (p - Number(labels[n]));
    const curvature = weight * p * (1 - p);
    for (let i = 0; i < size; i++) {
      gradient[i]! += slope * row[i]!;
      const factor = curvature * row[i]!;
      if (factor === 0) continue;
      const line = hessian[i]!;
      for (let j = 0; j < size; j++) line[j]! += factor * row[j]!;
    }
  });
  return { gradient, hessian };
}

/** x with A·x = b for a symmetric positive definite A, by Gaussian elimination; changes both. */
function solve(matrix: number[][], vector: number[]): number[] {
  const size = vector.length;
  for (let k = 0; k < size; k++) {
    for (let i = k + 1; i < size; i++) {
      const factor = matrix[i]![k]! / matrix[k]![k]!;
      if (factor === 0) continue;
      for (let j = k; j < size; j++) matrix[i]![j]! -= factor * matrix[k]![j]!;
      vector[i]! -= factor * vector[k]!;
    }
  }
  for (let k = size - 1; k >= 0; k--) {
    for (let j = k + 1; j < size; j++) vector[k]! -= matrix[k]![j]! * vector[j]!;
    vector[k]! /= matrix[k]![k]!;
  }
  return vector;
}

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, i) => sum + value * b[i]!, 0);

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
