// Pictures: resizing, cropping, boxes.
import { floats, call, work } from './make-work.mjs';

const lrn = { depthRadius: 5, bias: 1, alpha: 1e-2, beta: 0.75 };

const PICTURE = [1, 128, 128, 3];
const resize = { size: [192, 160], alignCorners: false, halfPixelCenters: true };

function resizing(name, isGradient) {
  return work(name, `[${PICTURE}] to [${resize.size}]`, (tf) => {
    const images = floats(tf, PICTURE);
    const inputs = isGradient ? { images, dy: floats(tf, [1, ...resize.size, 3]) } : { images };
    return () => call(tf, name, inputs, resize);
  });
}

const BOXES = 64;

function suppression(name, attrs) {
  return work(name, `${BOXES} boxes`, (tf) => {
    const boxes = tf.concat([floats(tf, [BOXES, 2], 0, 0.5), floats(tf, [BOXES, 2], 0.5, 1)], 1);
    const scores = floats(tf, [BOXES], 0, 1);
    const limits = { maxOutputSize: 16, iouThreshold: 0.5, scoreThreshold: 0.1 };
    return () => call(tf, name, { boxes, scores }, { ...limits, ...attrs });
  });
}

export const IMAGES = [
  work('LRN', '[2,32,32,32]', (tf) => {
    const x = floats(tf, [2, 32, 32, 32]);
    return () => call(tf, 'LRN', { x }, lrn);
  }),
  work('LRNGrad', '[2,32,32,32]', (tf) => {
    const [x, y, dy] = [1, 2, 3].map(() => floats(tf, [2, 32, 32, 32]));
    return () => call(tf, 'LRNGrad', { x, y, dy }, lrn);
  }),
  work('FusedBatchNorm', '[4,32,32,32]', (tf) => {
    const x = floats(tf, [4, 32, 32, 32]);
    const [mean, offset, scale] = [1, 2, 3].map(() => floats(tf, [32]));
    const variance = floats(tf, [32], 0.5, 2);
    const inputs = { x, mean, variance, offset, scale };
    return () => call(tf, 'FusedBatchNorm', inputs, { varianceEpsilon: 1e-3 });
  }),
  resizing('ResizeBilinear', false),
  resizing('ResizeBilinearGrad', true),
  resizing('ResizeNearestNeighbor', false),
  resizing('ResizeNearestNeighborGrad', true),
  work('CropAndResize', `[${PICTURE}], 8 boxes to [64, 64]`, (tf) => {
    const image = floats(tf, PICTURE);
    const boxes = tf.concat([floats(tf, [8, 2], 0, 0.4), floats(tf, [8, 2], 0.5, 1)], 1);
    const boxInd = tf.zeros([8], 'int32');
    const attrs = { cropSize: [64, 64], method: 'bilinear', extrapolationValue: 0 };
    return () => call(tf, 'CropAndResize', { image, boxes, boxInd }, attrs);
  }),
  work('RotateWithOffset', `[${PICTURE}]`, (tf) => {
    const image = floats(tf, PICTURE);
    const attrs = { radians: 0.5, fillValue: 0, center: 0.5 };
    return () => call(tf, 'RotateWithOffset', { image }, attrs);
  }),
  work('Transform', `[${PICTURE}], bilinear`, (tf) => {
    const image = floats(tf, PICTURE);
    const transforms = tf.tensor2d([0.8, 0.3, -2, -0.4, 1.1, 1, 0.001, 0.002], [1, 8]);
    const attrs = {
      interpolation: 'bilinear',
      fillMode: 'reflect',
      fillValue: 0,
      outputShape: [128, 128],
    };
    return () => call(tf, 'Transform', { image, transforms }, attrs);
  }),
  work('FlipLeftRight', `[${PICTURE}]`, (tf) => {
    const image = floats(tf, PICTURE);
    return () => call(tf, 'FlipLeftRight', { image });
  }),
  suppression('NonMaxSuppressionV3', {}),
  suppression('NonMaxSuppressionV4', { padToMaxOutputSize: true }),
  suppression('NonMaxSuppressionV5', { softNmsSigma: 0.5 }),
];
