// One step of fine-tuning a .gguf model: forward, backward, AdamW on the adapter or on everything. Float32 unless the
// settings say otherwise.
import { adamw } from '@llm/optim';
import { addLora } from '@llm/peft';
import { Generator, setActivationStorage, setMatmulPrecision } from '@llm/tensor';
import { tf, useBackend, valueAndGrads } from '@llm/tensor';
import { loadModel, setGradientCheckpointing, tokenLoss } from '@llm/transformer';
import { memoryMeter } from './memory.mjs';
import { serve, timed } from './serve.mjs';

const { modelPath, batch, time, rank, threads, backend, ...settings } = JSON.parse(process.argv[2]);
await useBackend(backend, { threads });
if (settings.precision) setMatmulPrecision(settings.precision);
if (settings.activationStorage) setActivationStorage(settings.activationStorage);
const memory = memoryMeter();
const generator = new Generator(0);
const model = await loadModel(modelPath, { weights: settings.weights });
if (rank > 0) addLora(model, { rank, alpha: 2 * rank, targetModules: 'all-linear', generator });
if (settings.isCheckpointed) setGradientCheckpointing(model);
model.train();
const optimizer = adamw({ learningRate: 1e-4 });
optimizer.init(model);
const variables = model.trainableParameters();
const randomIds = () => Int32Array.from({ length: batch * time }, () => generator.nextInt(49152));
const inputIds = tf.tensor(randomIds(), [batch, time], 'int32');
const labels = tf.tensor(randomIds(), [batch, time], 'int32');

function step() {
  const { value, grads } = valueAndGrads(
    () => tokenLoss(model, model.hiddenStates(inputIds), labels),
    variables,
  );
  optimizer.step(grads);
  value.dataSync();
  tf.dispose([value, ...grads]);
}

for (let i = 0; i < 2; i++) step();
await serve(() => timed(step), memory);
