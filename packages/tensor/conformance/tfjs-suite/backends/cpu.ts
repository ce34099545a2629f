// The reference: tfjs's own JavaScript kernels. Passing here shows that the runner is sound.
import '@tensorflow/tfjs-backend-cpu';

export const backendName = 'cpu';
