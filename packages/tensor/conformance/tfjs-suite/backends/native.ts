// Our C++ engine, with tfjs's JavaScript kernels where it has none.
import '@tensorflow/tfjs-backend-cpu';
import { startNative } from '../../../src/backends/native/start-native.ts';

startNative({});

export const backendName = 'native';
