// src/errors.ts
var ConfigError = class extends Error {
  name = "ConfigError";
};
var CheckpointError = class extends Error {
  name = "CheckpointError";
};
var GenerationError = class extends Error {
  name = "GenerationError";
};

// src/mlp/activation.ts
import { gelu, silu, tf } from '/work/wt/fused/packages/tensor/.bench-tmp/index.js';
var ACTIVATION_NAMES = [
  "gelu",
  "gelu_new",
  "gelu_pytorch_tanh",
  "relu",
  "silu"
];
function activate(name, x) {
  switch (name) {
    case "gelu":
      return gelu(x, "none");
    case "gelu_new":
    case "gelu_pytorch_tanh":
      return gelu(x, "tanh");
    case "relu":
      return tf.relu(x);
    case "silu":
      return silu(x);
  }
}

// src/config/fields.ts
function field(fallback, expected, accepts) {
  return { default: fallback, expected, accepts };
}
var isCount = (value) => Number.isSafeInteger(value) && Number(value) > 0;
var isTokenId = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
var isFinite = (value) => typeof value === "number" && Number.isFinite(value);
var count = (fallback) => field(fallback, "a positive integer", isCount);
var optionalCount = () => field(null, "a positive integer or null", (v) => v === null || isCount(v));
var positive = (fallback) => field(fallback, "a positive number", (v) => isFinite(v) && Number(v) > 0);
var rate = (fallback) => field(fallback, "a number in [0, 1)", (v) => isFinite(v) && Number(v) >= 0 && Number(v) < 1);
var flag = (fallback) => field(fallback, "true or false", (v) => typeof v === "boolean");
var oneOf = (fallback, choices) => field(fallback, `one of ${choices.join(", ")}`, (v) => choices.some((choice) => choice === v));
var tokenId = (fallback) => field(fallback, "a token id or null", (v) => v === null || isTokenId(v));
var tokenIds = (fallback) => field(
  fallback,
  "a token id, a list of them or null",
  (v) => v === null || isTokenId(v) || Array.isArray(v) && v.every(isTokenId)
);
function readFields(owner, fields, input) {
  const keys = Object.keys(fields);
  const entries = keys.map((key) => {
    const { default: fallback, expected, accepts } = fields[key];
    const value = input[key];
    if (value === void 0) return [key, fallback];
    if (!accepts(value)) {
      const got = JSON.stringify(value);
      throw new ConfigError(
        `${owner}: ${key}: expected ${expected}, got ${got}. Correct config.json.`
      );
    }
    return [key, value];
  });
  return Object.fromEntries(entries);
}

// src/config/gguf-metadata.ts
function ggufOptionalNumber(metadata, key) {
  const value = metadata.get(key);
  if (value === void 0) return void 0;
  if (typeof value !== "number" && typeof value !== "bigint") {
    throw new ConfigError(
      `gguf: ${key}: expected a number, got ${typeof value}. The file is damaged.`
    );
  }
  return Number.isInteger(Number(value)) ? Number(value) : Number(Number(value).toPrecision(7));
}
function ggufNumber(metadata, key) {
  const value = ggufOptionalNumber(metadata, key);
  if (value === void 0) {
    throw new ConfigError(
      `gguf: ${key}: expected a number, got nothing. The file holds no whole model.`
    );
  }
  return value;
}
function ggufVocabSize(metadata, architecture) {
  const stated = ggufOptionalNumber(metadata, `${architecture}.vocab_size`);
  if (stated !== void 0) return stated;
  const tokens = metadata.get("tokenizer.ggml.tokens");
  if (Array.isArray(tokens)) return tokens.length;
  return ggufNumber(metadata, `${architecture}.vocab_size`);
}
function ggufTokenIds(metadata) {
  return {
    bosTokenId: ggufOptionalNumber(metadata, "tokenizer.ggml.bos_token_id"),
    eosTokenId: ggufOptionalNumber(metadata, "tokenizer.ggml.eos_token_id"),
    padTokenId: ggufOptionalNumber(metadata, "tokenizer.ggml.padding_token_id")
  };
}

// src/models/gpt2/config.ts
var FIELDS = {
  modelType: oneOf("gpt2", ["gpt2"]),
  vocabSize: count(50257),
  nPositions: count(1024),
  nEmbd: count(768),
  nLayer: count(12),
  nHead: count(12),
  nInner: optionalCount(),
  activationFunction: oneOf("gelu_new", ACTIVATION_NAMES),
  residPdrop: rate(0.1),
  embdPdrop: rate(0.1),
  attnPdrop: rate(0.1),
  layerNormEpsilon: positive(1e-5),
  initializerRange: positive(0.02),
  scaleAttnWeights: flag(true),
  scaleAttnByInverseLayerIdx: flag(false),
  tieWordEmbeddings: flag(true),
  bosTokenId: tokenId(null),
  eosTokenId: tokenIds(null),
  padTokenId: tokenId(null)
};
function readGpt2Config(input) {
  if (input["addCrossAttention"] === true) {
    throw new ConfigError(
      "gpt2: addCrossAttention: expected false, got true. Use a decoder-only model."
    );
  }
  const config = readFields("gpt2", FIELDS, input);
  if (config.nEmbd % config.nHead !== 0) {
    throw new ConfigError(
      `gpt2: nEmbd: expected a multiple of nHead ${config.nHead}, got ${config.nEmbd}. Change one of them.`
    );
  }
  return config;
}
function writeGpt2Config(config) {
  return { architectures: ["GPT2LMHeadModel"], ...config };
}
function gpt2ConfigFromGguf(metadata, tensorNames) {
  const number = (key) => ggufNumber(metadata, `gpt2.${key}`);
  return readGpt2Config({
    vocabSize: ggufVocabSize(metadata, "gpt2"),
    nPositions: number("context_length"),
    nEmbd: number("embedding_length"),
    nLayer: number("block_count"),
    nHead: number("attention.head_count"),
    nInner: number("feed_forward_length"),
    layerNormEpsilon: number("attention.layer_norm_epsilon"),
    tieWordEmbeddings: !tensorNames.has("output.weight"),
    ...ggufTokenIds(metadata)
  });
}

// src/position/rope-scaling.ts
function readRopeScaling(input) {
  const ropeType = input["ropeType"] ?? input["type"] ?? "default";
  switch (ropeType) {
    case "default":
      return null;
    case "linear":
      return { ropeType: "linear", factor: positiveNumber(input, "factor") };
    case "llama3":
      return {
        ropeType: "llama3",
        factor: positiveNumber(input, "factor"),
        lowFreqFactor: positiveNumber(input, "lowFreqFactor"),
        highFreqFactor: positiveNumber(input, "highFreqFactor"),
        originalMaxPositionEmbeddings: positiveNumber(input, "originalMaxPositionEmbeddings")
      };
    default:
      throw new ConfigError(
        `ropeScaling: ropeType: expected default, linear or llama3, got ${JSON.stringify(ropeType)}. Choose a checkpoint without it.`
      );
  }
}
function positiveNumber(input, key) {
  const value = input[key];
  if (typeof value === "number" && value > 0) return value;
  throw new ConfigError(
    `ropeScaling: ${key}: expected a positive number, got ${JSON.stringify(value)}. Correct config.json.`
  );
}

// src/models/llama/config.ts
var FIELDS2 = {
  modelType: oneOf("llama", ["llama"]),
  vocabSize: count(32e3),
  hiddenSize: count(4096),
  intermediateSize: count(11008),
  numHiddenLayers: count(32),
  numAttentionHeads: count(32),
  numKeyValueHeads: optionalCount(),
  headDim: optionalCount(),
  hiddenAct: oneOf("silu", ["silu"]),
  maxPositionEmbeddings: count(2048),
  initializerRange: positive(0.02),
  rmsNormEps: positive(1e-6),
  ropeTheta: positive(1e4),
  attentionBias: flag(false),
  attentionDropout: rate(0),
  mlpBias: flag(false),
  tieWordEmbeddings: flag(false),
  bosTokenId: tokenId(null),
  eosTokenId: tokenIds(null),
  padTokenId: tokenId(null)
};
function readLlamaConfig(input) {
  const rope = { ...asRecord(input["ropeScaling"]), ...asRecord(input["ropeParameters"]) };
  const fields = readFields("llama", FIELDS2, { ropeTheta: rope["ropeTheta"], ...input });
  const { hiddenSize, numAttentionHeads: heads } = fields;
  const numKeyValueHeads = fields.numKeyValueHeads ?? heads;
  if (heads % numKeyValueHeads !== 0) {
    throw new ConfigError(
      `llama: numKeyValueHeads: expected a divisor of numAttentionHeads ${heads}, got ${numKeyValueHeads}. Change one of them.`
    );
  }
  const headDim = fields.headDim ?? hiddenSize / heads;
  if (!Number.isInteger(headDim) || headDim % 2 !== 0) {
    throw new ConfigError(
      `llama: headDim: expected an even integer, got ${headDim}. Set headDim, or make hiddenSize an even multiple of numAttentionHeads.`
    );
  }
  return { ...fields, numKeyValueHeads, headDim, ropeScaling: readRopeScaling(rope) };
}
var asRecord = (value) => typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
function writeLlamaConfig(config) {
  return { architectures: ["LlamaForCausalLM"], ...config };
}
function llamaConfigFromGguf(metadata, tensorNames) {
  const number = (key) => ggufNumber(metadata, `llama.${key}`);
  const optional = (key) => ggufOptionalNumber(metadata, `llama.${key}`);
  return readLlamaConfig({
    vocabSize: ggufVocabSize(metadata, "llama"),
    hiddenSize: number("embedding_length"),
    intermediateSize: number("feed_forward_length"),
    numHiddenLayers: number("block_count"),
    numAttentionHeads: number("attention.head_count"),
    numKeyValueHeads: optional("attention.head_count_kv"),
    headDim: optional("attention.key_length") ?? optional("rope.dimension_count"),
    maxPositionEmbeddings: number("context_length"),
    rmsNormEps: number("attention.layer_norm_rms_epsilon"),
    ropeTheta: optional("rope.freq_base"),
    ropeScaling: ggufRopeScaling(metadata),
    attentionBias: tensorNames.has("blk.0.attn_q.bias"),
    mlpBias: tensorNames.has("blk.0.ffn_up.bias"),
    tieWordEmbeddings: !tensorNames.has("output.weight"),
    ...ggufTokenIds(metadata)
  });
}
function ggufRopeScaling(metadata) {
  const ropeType = metadata.get("llama.rope.scaling.type");
  if (ropeType === void 0 || ropeType === "none") return void 0;
  return { ropeType, factor: ggufNumber(metadata, "llama.rope.scaling.factor") };
}

// src/config/case.ts
var isRecord = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
function mapKeys(record, rename) {
  const entries = Object.entries(record).map(([key, value]) => [
    rename(key),
    isRecord(value) ? mapKeys(value, rename) : value
  ]);
  return Object.fromEntries(entries);
}
var camelKeys = (record) => mapKeys(record, (key) => key.replace(/_([a-z0-9])/g, (_, c) => c.toUpperCase()));
var snakeKeys = (record) => mapKeys(record, (key) => key.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`));

// src/config/config.ts
function completeConfig(input) {
  const { modelType, ...fields } = input;
  switch (modelType) {
    case "gpt2":
      return readGpt2Config(fields);
    case "llama":
      return readLlamaConfig(fields);
    default:
      throw unknownArchitecture("config: modelType", modelType);
  }
}
function parseConfig(json) {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new ConfigError(
      `parseConfig: json: expected an object, got ${typeof json}. Parse the file first.`
    );
  }
  return completeConfig(camelKeys(Object.fromEntries(Object.entries(json))));
}
function configToJson(config) {
  const record = config.modelType === "gpt2" ? writeGpt2Config(config) : writeLlamaConfig(config);
  return { ...snakeKeys(record), dtype: "float32" };
}
function configFromGguf(metadata, tensorNames = []) {
  const names = new Set(tensorNames);
  const architecture = metadata.get("general.architecture");
  switch (architecture) {
    case "gpt2":
      return gpt2ConfigFromGguf(metadata, names);
    case "llama":
      return llamaConfigFromGguf(metadata, names);
    default:
      throw unknownArchitecture("gguf: general.architecture", architecture);
  }
}
function stopTokensOf({ eosTokenId }) {
  if (eosTokenId === null) return [];
  return typeof eosTokenId === "number" ? [eosTokenId] : [...eosTokenId];
}
function unknownArchitecture(where, got) {
  return new ConfigError(
    `${where}: expected gpt2 or llama, got ${JSON.stringify(got)}. This architecture is not there yet.`
  );
}

// src/models/causal-lm.ts
import { nn, scope } from '/work/wt/fused/packages/tensor/.bench-tmp/index.js';

// src/cache/kv-cache.ts
import { kvCacheWrite, ShapeError, tf as tf2 } from '/work/wt/fused/packages/tensor/.bench-tmp/index.js';
var KvCache = class {
  batch;
  maxLength;
  #layers;
  #length = 0;
  constructor(shape) {
    const { batch, maxLength, numLayers, numKeyValueHeads: K, headDim: D } = shape;
    this.batch = batch;
    this.maxLength = maxLength;
    const buffer = () => tf2.keep(tf2.fill([batch, maxLength, K, D], 0));
    this.#layers = Array.from({ length: numLayers }, () => ({ keys: buffer(), values: buffer() }));
  }
  /** Positions filled. */
  get length() {
    return this.#length;
  }
  /** Writes a layer's keys and values [B, T, K, D] after the filled part, which stays as it is. */
  write(layer, keys, values) {
    const cache = this.#layer(layer);
    kvCacheWrite(cache.keys, keys, this.#length);
    kvCacheWrite(cache.values, values, this.#length);
    return cache;
  }
  /** Counts `tokens` as filled, once every layer has written them. */
  advance(tokens) {
    this.#length += tokens;
  }
  /** Forgets the positions from `length` on. */
  truncate(length) {
    if (!Number.isInteger(length) || length < 0 || length > this.#length) {
      throw new ShapeError(
        `KvCache.truncate: length: expected an integer in [0, ${this.#length}], got ${length}. A cache only gets shorter.`
      );
    }
    this.#length = length;
  }
  dispose() {
    for (const { keys, values } of this.#layers ?? []) tf2.dispose([keys, values]);
    this.#layers = null;
  }
  [Symbol.dispose]() {
    this.dispose();
  }
  #layer(layer) {
    const cache = this.#layers?.[layer];
    if (cache !== void 0) return cache;
    const got = this.#layers === null ? "a disposed cache" : `layer ${layer}`;
    throw new ShapeError(
      `KvCache: expected a cache with this layer, got ${got}. Make one with model.createCache.`
    );
  }
};

// src/models/causal-lm.ts
var CausalLm = class extends nn.Module {
  /** inputIds int32 [B, T] → logits [B, T, V]. The caller owns the result. */
  forward(inputIds, options = {}) {
    return scope(() => this.logits(this.hiddenStates(inputIds, options)));
  }
  /** An empty cache for `batch` rows of up to `maxLength` tokens; the caller disposes it. */
  createCache(batch, maxLength) {
    const { numLayers, numKeyValueHeads, headDim } = this.shape;
    return new KvCache({ batch, maxLength, numLayers, numKeyValueHeads, headDim });
  }
};

// src/models/create-model.ts
import { Generator } from '/work/wt/fused/packages/tensor/.bench-tmp/index.js';

// src/models/gpt2/model.ts
import { linear, nn as nn3, scope as scope2, ShapeError as ShapeError3, tf as tf5 } from '/work/wt/fused/packages/tensor/.bench-tmp/index.js';

// src/attention/attend.ts
import { attention } from '/work/wt/fused/packages/tensor/.bench-tmp/index.js';

// src/attention/attention-with-dropout.ts
import { dropout, tf as tf3 } from '/work/wt/fused/packages/tensor/.bench-tmp/index.js';
var HIDDEN = -1e9;
function attentionWithDropout(heads, options) {
  const { scale, mask, dropout: rate2, generator } = options;
  const [B = 0, T = 0, H = 0, D = 0] = heads.queries.shape;
  const K = heads.keys.shape[2];
  const byHead = (x) => tf3.transpose(x, [0, 2, 1, 3]);
  const grouped = [B, K, H / K * T];
  const queries = tf3.reshape(byHead(heads.queries), [...grouped, D]);
  const products = tf3.matMul(queries, byHead(heads.keys), false, true);
  const scores = tf3.mul(tf3.reshape(products, [B, H, T, T]), scale);
  const visible = tf3.add(scores, hiddenScores(T, mask));
  const weights = dropout(tf3.softmax(visible), rate2, generator.nextSeed());
  const out = tf3.matMul(tf3.reshape(weights, [...grouped, T]), byHead(heads.values));
  return byHead(tf3.reshape(out, [B, H, T, D]));
}
function hiddenScores(length, mask) {
  const causal = Float32Array.from(
    { length: length * length },
    (_, i) => i % length > Math.floor(i / length) ? HIDDEN : 0
  );
  const future = tf3.tensor4d(causal, [1, 1, length, length]);
  if (mask === void 0) return future;
  const columns = tf3.reshape(tf3.cast(mask, "float32"), [mask.shape[0], 1, 1, length]);
  return tf3.minimum(future, tf3.mul(tf3.sub(1, columns), HIDDEN));
}

// src/attention/attend.ts
function attend({ queries, keys, values }, pass, options = {}) {
  const { scale = queries.shape[3] ** -0.5, dropout: dropout2 = 0, generator } = options;
  const { attentionMask: mask, kvCache, layer } = pass;
  if (kvCache === void 0) {
    if (dropout2 === 0 || generator === void 0)
      return attention(queries, keys, values, { scale, mask });
    return attentionWithDropout({ queries, keys, values }, { scale, mask, dropout: dropout2, generator });
  }
  const cached = kvCache.write(layer, keys, values);
  const keyLength = kvCache.length + queries.shape[1];
  return attention(queries, cached.keys, cached.values, { scale, mask, keyLength });
}

// src/models/build.ts
import { nn as nn2 } from '/work/wt/fused/packages/tensor/.bench-tmp/index.js';
function buildLinear([inFeatures, outFeatures], options, { generator, initialize = true }) {
  const { hasBias, std } = options;
  return new nn2.Linear(inFeatures, outFeatures, {
    hasBias,
    std,
    generator: initialize ? generator : null
  });
}
function buildEmbedding([rows, columns], std, { generator, initialize = true }) {
  return new nn2.Embedding(rows, columns, { std, generator: initialize ? generator : null });
}

// src/models/forward-pass.ts
import { ShapeError as ShapeError2, tf as tf4 } from '/work/wt/fused/packages/tensor/.bench-tmp/index.js';
function forwardPass(inputIds, options) {
  const [batch, length] = batchShape(inputIds);
  const { attentionMask, kvCache } = options;
  const past = kvCache?.length ?? 0;
  const total = past + length;
  if (kvCache !== void 0) checkCache(kvCache, batch, total);
  const { positionIds = positionTensor(attentionMask, past, length) } = options;
  if (positionIds !== null) checkShape("positionIds", positionIds, [batch, length]);
  const positions = positionIds ?? past;
  const positionCount = positionIds === null ? total : largest(positionIds.dataSync()) + 1;
  if (attentionMask === void 0) return { positions, positionCount, kvCache };
  const columns = attentionMask.shape[1] === kvCache?.maxLength ? kvCache?.maxLength : total;
  checkShape("attentionMask", attentionMask, [batch, columns ?? total]);
  return { positions, positionCount, attentionMask, kvCache };
}
function batchShape(inputIds) {
  const [batch, length, ...rest] = inputIds.shape;
  if (batch === void 0 || length === void 0 || rest.length > 0 || inputIds.dtype !== "int32") {
    throw new ShapeError2(
      `forward: inputIds: expected int32 [B, T], got ${inputIds.dtype} [${inputIds.shape.join(", ")}]. Use tf.tensor2d(rows, shape, 'int32').`
    );
  }
  return [batch, length];
}
function checkCache(kvCache, batch, total) {
  if (kvCache.batch !== batch) {
    throw new ShapeError2(
      `forward: kvCache: expected a cache for ${batch} rows, got one for ${kvCache.batch}. Make it with model.createCache(${batch}, \u2026).`
    );
  }
  if (total > kvCache.maxLength) {
    throw new ShapeError2(
      `forward: kvCache: expected room for ${total} tokens, got ${kvCache.maxLength}. Make a longer cache.`
    );
  }
}
function checkShape(name, tensor, shape) {
  if (tensor.shape.length === shape.length && shape.every((n, i) => n === tensor.shape[i])) return;
  throw new ShapeError2(
    `forward: ${name}: expected [${shape.join(", ")}], got [${tensor.shape.join(", ")}]. Pad it together with inputIds.`
  );
}
var largest = (values) => {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, values[i]);
  return most;
};
function positionTensor(mask, past, length) {
  if (mask === void 0) return null;
  const [batch = 0, columns = 0] = mask.shape;
  const positions = positionsFromMask(mask.dataSync(), columns, { past, length });
  return tf4.tensor2d(positions, [batch, length], "int32");
}
function positionsFromMask(mask, columns, { past, length }) {
  const batch = mask.length / columns;
  const positions = new Int32Array(batch * length);
  for (let row = 0; row < batch; row++) {
    let seen = 0;
    for (let column = 0; column < past + length; column++) {
      if (mask[row * columns + column] !== 0) seen += 1;
      if (column >= past) positions[row * length + column - past] = Math.max(seen - 1, 0);
    }
  }
  return positions;
}

// src/models/gpt2/model.ts
var residualStd = ({ initializerRange, nLayer }) => initializerRange / Math.sqrt(2 * nLayer);
var Gpt2Attention = class extends nn3.Module {
  config;
  generator;
  // of dropout
  cAttn;
  // [3C, C]: queries, keys, values
  cProj;
  // [C, C]
  residDropout;
  constructor(config, build) {
    super();
    const { nEmbd: C, initializerRange } = config;
    this.config = config;
    this.generator = build.generator;
    this.cAttn = buildLinear([C, 3 * C], { hasBias: true, std: initializerRange }, build);
    this.cProj = buildLinear([C, C], { hasBias: true, std: residualStd(config) }, build);
    this.residDropout = new nn3.Dropout(config.residPdrop, build);
  }
  /** [B, T, C] → [B, T, C] */
  forward(x, pass) {
    const [B = 0, T = 0, C = 0] = x.shape;
    const { nHead: H, attnPdrop } = this.config;
    const projected = tf5.split(this.cAttn.forward(x), 3, -1);
    const [queries, keys, values] = projected.map((part) => tf5.reshape(part, [B, T, H, C / H]));
    const heads = { queries, keys, values };
    const dropout2 = this.training ? attnPdrop : 0;
    const scale = this.#scale(C / H, pass.layer);
    const mixed = attend(heads, pass, { scale, dropout: dropout2, generator: this.generator });
    return this.residDropout.forward(this.cProj.forward(tf5.reshape(mixed, [B, T, C])));
  }
  #scale(headDim, layer) {
    const { scaleAttnWeights, scaleAttnByInverseLayerIdx } = this.config;
    const scale = scaleAttnWeights ? headDim ** -0.5 : 1;
    return scaleAttnByInverseLayerIdx ? scale / (layer + 1) : scale;
  }
};
var Gpt2Mlp = class extends nn3.Module {
  config;
  cFc;
  // [F, C]
  cProj;
  // [C, F]
  dropout;
  constructor(config, build) {
    super();
    const { nEmbd: C, initializerRange } = config;
    const F = config.nInner ?? 4 * C;
    this.config = config;
    this.cFc = buildLinear([C, F], { hasBias: true, std: initializerRange }, build);
    this.cProj = buildLinear([F, C], { hasBias: true, std: residualStd(config) }, build);
    this.dropout = new nn3.Dropout(config.residPdrop, build);
  }
  /** [B, T, C] → [B, T, C] */
  forward(x) {
    const inner = activate(this.config.activationFunction, this.cFc.forward(x));
    return this.dropout.forward(this.cProj.forward(inner));
  }
};
var Gpt2Block = class extends nn3.Module {
  ln_1;
  attn;
  ln_2;
  mlp;
  constructor(config, build) {
    super();
    const { nEmbd: C, layerNormEpsilon: eps } = config;
    this.ln_1 = new nn3.LayerNorm(C, { eps });
    this.attn = new Gpt2Attention(config, build);
    this.ln_2 = new nn3.LayerNorm(C, { eps });
    this.mlp = new Gpt2Mlp(config, build);
  }
  /** [B, T, C] → [B, T, C]; keeps only what the backward pass needs */
  forward(x, pass) {
    return scope2(() => {
      const attended = tf5.add(x, this.attn.forward(this.ln_1.forward(x), pass));
      return tf5.add(attended, this.mlp.forward(this.ln_2.forward(attended)));
    });
  }
};
var Gpt2Model = class extends nn3.Module {
  config;
  wte;
  // [V, C]
  wpe;
  // [positions, C]
  drop;
  h;
  lnF;
  constructor(config, build) {
    super();
    const { vocabSize: V, nEmbd: C, nPositions, initializerRange, layerNormEpsilon: eps } = config;
    this.config = config;
    this.wte = buildEmbedding([V, C], initializerRange, build);
    this.wpe = buildEmbedding([nPositions, C], initializerRange, build);
    this.drop = new nn3.Dropout(config.embdPdrop, build);
    this.h = Array.from({ length: config.nLayer }, () => new Gpt2Block(config, build));
    this.lnF = new nn3.LayerNorm(C, { eps });
  }
  /** inputIds [B, T] → [B, T, C] */
  forward(inputIds, pass) {
    const tokens = this.wte.forward(inputIds);
    const positions = this.#positions(inputIds.shape[1], pass);
    let hidden = this.drop.forward(tf5.add(tokens, positions));
    for (const [layer, block] of this.h.entries()) {
      const input = hidden;
      hidden = scope2(() => block.forward(input, { ...pass, layer }));
    }
    return this.lnF.forward(hidden);
  }
  #positions(length, { positions, positionCount }) {
    const limit = this.config.nPositions;
    if (positionCount > limit) {
      throw new ShapeError3(
        `gpt2: inputIds: expected at most ${limit} positions, got ${positionCount}. Shorten the sequence, or raise nPositions.`
      );
    }
    if (typeof positions !== "number") return this.wpe.forward(positions);
    const ids = Int32Array.from({ length }, (_, i) => positions + i);
    return this.wpe.forward(tf5.tensor2d(ids, [1, length], "int32"));
  }
};
var Gpt2LmHeadModel = class extends CausalLm {
  config;
  shape;
  transformer;
  lmHead;
  // [V, C]; absent when tied to wte
  constructor(config, build) {
    super();
    this.config = config;
    this.shape = gpt2Shape(config);
    this.transformer = new Gpt2Model(config, build);
    if (config.tieWordEmbeddings) return;
    const options = { hasBias: false, std: config.initializerRange };
    this.lmHead = buildLinear([config.nEmbd, config.vocabSize], options, build);
  }
  hiddenStates(inputIds, options = {}) {
    const hidden = scope2(() => this.transformer.forward(inputIds, forwardPass(inputIds, options)));
    options.kvCache?.advance(inputIds.shape[1]);
    return hidden;
  }
  logits(hidden) {
    return this.lmHead?.forward(hidden) ?? linear(hidden, this.transformer.wte.weight);
  }
};
function gpt2Shape({ nEmbd, nLayer, nHead, vocabSize, nPositions }) {
  return {
    hiddenSize: nEmbd,
    numLayers: nLayer,
    numKeyValueHeads: nHead,
    headDim: nEmbd / nHead,
    vocabSize,
    positionLimit: nPositions
  };
}

// src/models/llama/model.ts
import { linear as linear2, nn as nn5, scope as scope3, tf as tf7 } from '/work/wt/fused/packages/tensor/.bench-tmp/index.js';

// src/mlp/gated-mlp.ts
import { nn as nn4, swiglu } from '/work/wt/fused/packages/tensor/.bench-tmp/index.js';
var GatedMlp = class extends nn4.Module {
  gateProj;
  upProj;
  downProj;
  constructor({ gateProj, upProj, downProj }) {
    super();
    this.gateProj = gateProj;
    this.upProj = upProj;
    this.downProj = downProj;
  }
  /** [.., C] → [.., C] */
  forward(x) {
    return this.downProj.forward(swiglu(this.gateProj.forward(x), this.upProj.forward(x)));
  }
};

// src/position/rotary-embedding.ts
import { rotary, rotaryTables, tf as tf6 } from '/work/wt/fused/packages/tensor/.bench-tmp/index.js';
var FIRST_LENGTH = 256;
var RotaryEmbedding = class {
  #options;
  #length = FIRST_LENGTH;
  #tables = null;
  constructor(options) {
    this.#options = options;
  }
  /** Rotates x [B, T, H, D] to its positions. */
  rotate(x, { positions, positionCount }) {
    return rotary(x, this.#tablesFor(positionCount), positions);
  }
  dispose() {
    if (this.#tables !== null) tf6.dispose([this.#tables.cos, this.#tables.sin]);
    this.#tables = null;
  }
  #tablesFor(positionCount) {
    if (this.#tables !== null && positionCount <= this.#length) return this.#tables;
    this.dispose();
    while (this.#length < positionCount) this.#length *= 2;
    const { headDim, theta, scaling } = this.#options;
    const tables = rotaryTables(headDim, this.#length, theta, { scaling: scaling ?? void 0 });
    tf6.keep(tables.cos);
    tf6.keep(tables.sin);
    return this.#tables = tables;
  }
};

// src/models/llama/model.ts
var LlamaAttention = class extends nn5.Module {
  config;
  generator;
  // of dropout
  qProj;
  // [H·D, C]
  kProj;
  // [K·D, C]
  vProj;
  // [K·D, C]
  oProj;
  // [C, H·D]
  constructor(config, build) {
    super();
    this.config = config;
    this.generator = build.generator;
    const { hiddenSize: C, headDim: D, numAttentionHeads: H, numKeyValueHeads: K } = config;
    const options = { hasBias: config.attentionBias, std: config.initializerRange };
    this.qProj = buildLinear([C, H * D], options, build);
    this.kProj = buildLinear([C, K * D], options, build);
    this.vProj = buildLinear([C, K * D], options, build);
    this.oProj = buildLinear([H * D, C], options, build);
  }
  /** [B, T, C] → [B, T, C] */
  forward(x, pass) {
    const [B = 0, T = 0] = x.shape;
    const { headDim: D, numAttentionHeads: H, numKeyValueHeads: K } = this.config;
    const queries = tf7.reshape(this.qProj.forward(x), [B, T, H, D]);
    const keys = tf7.reshape(this.kProj.forward(x), [B, T, K, D]);
    const values = tf7.reshape(this.vProj.forward(x), [B, T, K, D]);
    const heads = {
      queries: pass.rotary.rotate(queries, pass),
      keys: pass.rotary.rotate(keys, pass),
      values
    };
    const dropout2 = this.training ? this.config.attentionDropout : 0;
    const mixed = attend(heads, pass, { dropout: dropout2, generator: this.generator });
    return this.oProj.forward(tf7.reshape(mixed, [B, T, H * D]));
  }
};
var LlamaLayer = class extends nn5.Module {
  inputLayernorm;
  selfAttn;
  postAttentionLayernorm;
  mlp;
  constructor(config, build) {
    super();
    const { hiddenSize: C, rmsNormEps: eps } = config;
    this.inputLayernorm = new nn5.RMSNorm(C, { eps });
    this.selfAttn = new LlamaAttention(config, build);
    this.postAttentionLayernorm = new nn5.RMSNorm(C, { eps });
    this.mlp = buildMlp(config, build);
  }
  /** [B, T, C] → [B, T, C]; keeps only what the backward pass needs */
  forward(x, pass) {
    return scope3(() => {
      const attended = tf7.add(x, this.selfAttn.forward(this.inputLayernorm.forward(x), pass));
      return tf7.add(attended, this.mlp.forward(this.postAttentionLayernorm.forward(attended)));
    });
  }
};
function buildMlp(config, build) {
  const { hiddenSize: C, intermediateSize: F } = config;
  const options = { hasBias: config.mlpBias, std: config.initializerRange };
  return new GatedMlp({
    gateProj: buildLinear([C, F], options, build),
    upProj: buildLinear([C, F], options, build),
    downProj: buildLinear([F, C], options, build)
  });
}
var LlamaModel = class extends nn5.Module {
  embedTokens;
  // [V, C]
  layers;
  norm;
  rotary;
  constructor(config, build) {
    super();
    const { vocabSize: V, hiddenSize: C, rmsNormEps: eps } = config;
    this.embedTokens = buildEmbedding([V, C], config.initializerRange, build);
    const indices = Array.from({ length: config.numHiddenLayers });
    this.layers = indices.map(() => new LlamaLayer(config, build));
    this.norm = new nn5.RMSNorm(C, { eps });
    this.rotary = new RotaryEmbedding({
      headDim: config.headDim,
      theta: config.ropeTheta,
      scaling: config.ropeScaling
    });
  }
  /** inputIds [B, T] → [B, T, C] */
  forward(inputIds, pass) {
    let hidden = this.embedTokens.forward(inputIds);
    for (const [layer, block] of this.layers.entries()) {
      const input = hidden;
      hidden = scope3(() => block.forward(input, { ...pass, layer, rotary: this.rotary }));
    }
    return this.norm.forward(hidden);
  }
  dispose() {
    super.dispose();
    this.rotary.dispose();
  }
};
var LlamaForCausalLm = class extends CausalLm {
  config;
  shape;
  model;
  lmHead;
  // [V, C]; absent when tied to embedTokens
  constructor(config, build) {
    super();
    this.config = config;
    this.shape = llamaShape(config);
    this.model = new LlamaModel(config, build);
    if (config.tieWordEmbeddings) return;
    const options = { hasBias: false, std: config.initializerRange };
    this.lmHead = buildLinear([config.hiddenSize, config.vocabSize], options, build);
  }
  hiddenStates(inputIds, options = {}) {
    const hidden = scope3(() => this.model.forward(inputIds, forwardPass(inputIds, options)));
    options.kvCache?.advance(inputIds.shape[1]);
    return hidden;
  }
  logits(hidden) {
    return this.lmHead?.forward(hidden) ?? linear2(hidden, this.model.embedTokens.weight);
  }
};
function llamaShape(config) {
  const { hiddenSize, numHiddenLayers, numKeyValueHeads, headDim, vocabSize } = config;
  const numLayers = numHiddenLayers;
  const positionLimit = Infinity;
  return { hiddenSize, numLayers, numKeyValueHeads, headDim, vocabSize, positionLimit };
}

// src/models/create-model.ts
function createModel(config, randomness) {
  const generator = randomness.generator ?? new Generator(randomness.seed);
  return buildModel(completeConfig(config), { generator });
}
function buildModel(config, build) {
  switch (config.modelType) {
    case "gpt2":
      return new Gpt2LmHeadModel(config, build);
    case "llama":
      return new LlamaForCausalLm(config, build);
  }
}

// src/checkpoint/load-model.ts
import { readFile as readFile2, stat } from "fs/promises";
import { join as join2 } from "path";
import { Generator as Generator2 } from '/work/wt/fused/packages/tensor/.bench-tmp/index.js';
import { openGguf } from "/work/wt/fused/packages/tensor/.bench-tmp/io/index.js";

// src/checkpoint/fill-model.ts
import { nn as nn6, tf as tf8 } from '/work/wt/fused/packages/tensor/.bench-tmp/index.js';
async function fillModel(source, mappings, isIgnored) {
  checkNames(source, mappings, isIgnored);
  for (const mapping of mappings) checkShape2(source, mapping);
  for (const { parameter, path, name, convert } of mappings) {
    nn6.assignParameter(parameter, convert(await source.read(name)), path);
  }
}
function checkNames({ path, shapes }, mappings, isIgnored) {
  const wanted = new Set(mappings.map(({ name }) => name));
  const missing = [...wanted].filter((name) => !shapes.has(name));
  const unknown = [...shapes.keys()].filter((name) => !wanted.has(name) && !isIgnored(name));
  if (missing.length + unknown.length === 0) return;
  throw new CheckpointError(
    `loadModel: ${path}: expected the configured model's tensors, got ${list(missing, "missing")} and ${list(unknown, "unknown")}. Use the config.json that belongs to the weights.`
  );
}
function list(names, what) {
  if (names.length === 0) return `0 ${what}`;
  const shown = names.slice(0, 10).join(", ");
  return `${names.length} ${what} (${shown}${names.length > 10 ? ", \u2026" : ""})`;
}
function checkShape2({ path, shapes }, { name, shape }) {
  const got = shapes.get(name) ?? [];
  if (got.length === shape.length && got.every((n, i) => n === shape[i])) return;
  throw new CheckpointError(
    `loadModel: ${path}: ${name}: expected [${shape.join(", ")}], got [${got.join(", ")}]. Use the config.json that belongs to the weights.`
  );
}
function transposed(tensor) {
  const turned = tf8.transpose(tensor);
  tensor.dispose();
  return turned;
}

// src/checkpoint/interleaved-rows.ts
import { tf as tf9 } from '/work/wt/fused/packages/tensor/.bench-tmp/index.js';
function interleavedRowOrder(rows, heads) {
  const headDim = rows / heads;
  const half = headDim / 2;
  return Int32Array.from({ length: rows }, (_, row) => {
    const i = row % headDim;
    return row - i + (i < half ? 2 * i : 2 * (i - half) + 1);
  });
}
function uninterleaveRows(tensor, heads) {
  const order = tf9.tensor1d(interleavedRowOrder(tensor.shape[0], heads), "int32");
  const rows = tf9.gather(tensor, order);
  tf9.dispose([tensor, order]);
  return rows;
}

// src/models/gpt2/checkpoint.ts
import { nn as nn7 } from '/work/wt/fused/packages/tensor/.bench-tmp/index.js';

// src/checkpoint/gguf-names.ts
function ggufNameBy(table, path) {
  const layer = /\.(\d+)\./.exec(path)?.[1] ?? "";
  const suffix = path.slice(path.lastIndexOf("."));
  const role = path.slice(0, -suffix.length).replace(`.${layer}.`, ".{i}.");
  const name = table[role];
  if (name === void 0) {
    throw new CheckpointError(
      `checkpoint: ${path}: expected a parameter of the plain model, got another. Merge or remove adapters first.`
    );
  }
  return name.replace("{i}", layer) + suffix;
}

// src/models/gpt2/checkpoint.ts
var GGUF_NAMES = {
  "transformer.wte": "token_embd",
  "transformer.wpe": "position_embd",
  "transformer.h.{i}.ln_1": "blk.{i}.attn_norm",
  "transformer.h.{i}.attn.cAttn": "blk.{i}.attn_qkv",
  "transformer.h.{i}.attn.cProj": "blk.{i}.attn_output",
  "transformer.h.{i}.ln_2": "blk.{i}.ffn_norm",
  "transformer.h.{i}.mlp.cFc": "blk.{i}.ffn_up",
  "transformer.h.{i}.mlp.cProj": "blk.{i}.ffn_down",
  "transformer.lnF": "output_norm",
  lmHead: "output"
};
var CONV1D = /\.(cAttn|cProj|cFc)\.weight$/;
var BUFFER = /\.attn\.(bias|masked_bias)$/;
var gpt2Layout = {
  bodyPrefix: "transformer.",
  key: nn7.toSnakePath,
  isIgnored: (key) => BUFFER.test(key) || key === "lm_head.weight",
  isTransposed: (path) => CONV1D.test(path),
  ggufName: (path) => ggufNameBy(GGUF_NAMES, path),
  ggufInterleavedHeads: () => 0
};

// src/models/llama/checkpoint.ts
import { nn as nn8 } from '/work/wt/fused/packages/tensor/.bench-tmp/index.js';
var GGUF_NAMES2 = {
  "model.embedTokens": "token_embd",
  "model.layers.{i}.inputLayernorm": "blk.{i}.attn_norm",
  "model.layers.{i}.selfAttn.qProj": "blk.{i}.attn_q",
  "model.layers.{i}.selfAttn.kProj": "blk.{i}.attn_k",
  "model.layers.{i}.selfAttn.vProj": "blk.{i}.attn_v",
  "model.layers.{i}.selfAttn.oProj": "blk.{i}.attn_output",
  "model.layers.{i}.postAttentionLayernorm": "blk.{i}.ffn_norm",
  "model.layers.{i}.mlp.gateProj": "blk.{i}.ffn_gate",
  "model.layers.{i}.mlp.upProj": "blk.{i}.ffn_up",
  "model.layers.{i}.mlp.downProj": "blk.{i}.ffn_down",
  "model.norm": "output_norm",
  lmHead: "output"
};
function llamaLayout(config) {
  const { numAttentionHeads, numKeyValueHeads, tieWordEmbeddings } = config;
  return {
    bodyPrefix: "model.",
    key: nn8.toSnakePath,
    isIgnored: (key) => key.endsWith("rotary_emb.inv_freq") || tieWordEmbeddings && key === "lm_head.weight",
    isTransposed: () => false,
    ggufName: (path) => ggufNameBy(GGUF_NAMES2, path),
    ggufInterleavedHeads: (path) => {
      if (path.includes(".qProj.")) return numAttentionHeads;
      return path.includes(".kProj.") ? numKeyValueHeads : 0;
    }
  };
}

// src/checkpoint/layout.ts
function layoutOf(config) {
  switch (config.modelType) {
    case "gpt2":
      return gpt2Layout;
    case "llama":
      return llamaLayout(config);
  }
}

// src/checkpoint/weight-source.ts
import { readFile } from "fs/promises";
import { join } from "path";
import { openSafetensors } from "/work/wt/fused/packages/tensor/.bench-tmp/io/index.js";
async function openFolderWeights(folder) {
  const files = await weightFiles(folder);
  const opened = [];
  const close = async () => {
    for (const file of opened) await file.close();
  };
  try {
    for (const file of files) opened.push(await openSafetensors(join(folder, file)));
  } catch (error) {
    await close();
    throw error;
  }
  return { path: folder, ...mergeFiles(opened), close };
}
function mergeFiles(opened) {
  const owners = /* @__PURE__ */ new Map();
  const shapes = /* @__PURE__ */ new Map();
  for (const file of opened) {
    for (const [name, { shape }] of file.tensors) {
      owners.set(name, file);
      shapes.set(name, shape);
    }
  }
  return { shapes, read: (name) => owners.get(name).read(name) };
}
var SINGLE = "model.safetensors";
var INDEX = "model.safetensors.index.json";
async function weightFiles(folder) {
  const index = await readFile(join(folder, INDEX), "utf8").catch((error) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  });
  if (index === null) return [SINGLE];
  const parsed = JSON.parse(index);
  const map = typeof parsed === "object" && parsed !== null && "weight_map" in parsed && parsed.weight_map;
  if (typeof map !== "object" || map === null) {
    throw new CheckpointError(
      `loadModel: ${INDEX}: expected weight_map, got none. Download the file again.`
    );
  }
  return [...new Set(Object.values(map).map((file) => shardName(file)))];
}
function shardName(file) {
  if (typeof file === "string" && /^[\w.-]+\.safetensors$/.test(file)) return file;
  throw new CheckpointError(
    `loadModel: ${INDEX}: expected names of safetensors files, got ${JSON.stringify(file)}. Download the file again.`
  );
}
function ggufWeights(path, gguf) {
  const shapes = new Map(Array.from(gguf.tensors, ([name, { shape }]) => [name, shape]));
  return { path, shapes, read: (name) => gguf.dequantize(name), close: () => gguf.close() };
}

// src/checkpoint/load-model.ts
async function loadModel(path, options = {}) {
  const isFolder = (await stat(path)).isDirectory();
  return isFolder ? loadFolder(path, options) : loadGguf(path, options);
}
async function readConfig(folder) {
  const file = join2(folder, "config.json");
  const text = await readFile2(file, "utf8");
  try {
    return parseConfig(JSON.parse(text));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new ConfigError(
      `loadModel: ${file}: expected JSON, got ${error.message}. Download it again.`
    );
  }
}
async function loadFolder(folder, options) {
  const config = await readConfig(folder);
  const source = await openFolderWeights(folder);
  try {
    const model = blankModel(config, options);
    const { isIgnored } = layoutOf(config);
    return await filled(model, () => fillModel(source, folderMappings(model, source), isIgnored));
  } finally {
    await source.close();
  }
}
async function loadGguf(path, options) {
  const gguf = await openGguf(path);
  const source = ggufWeights(path, gguf);
  try {
    const model = blankModel(configFromGguf(gguf.metadata, gguf.tensors.keys()), options);
    return await filled(model, () => fillModel(source, ggufMappings(model), () => false));
  } finally {
    await source.close();
  }
}
function blankModel(config, { seed = 0 }) {
  return buildModel(config, { generator: new Generator2(seed), initialize: false });
}
async function filled(module, fill) {
  try {
    await fill();
  } catch (error) {
    module.dispose();
    throw error;
  }
  module.eval();
  return module;
}
function folderMappings(model, source) {
  const layout = layoutOf(model.config);
  const isBody = ![...source.shapes.keys()].some((name) => name.startsWith(layout.bodyPrefix));
  return Array.from(model.namedParameters(), ([path, parameter]) => {
    const key = layout.key(path);
    const isTransposed = layout.isTransposed(path);
    return {
      parameter,
      path,
      name: isBody && key.startsWith(layout.bodyPrefix) ? key.slice(layout.bodyPrefix.length) : key,
      shape: isTransposed ? [...parameter.shape].reverse() : parameter.shape,
      convert: isTransposed ? transposed : (tensor) => tensor
    };
  });
}
function ggufMappings(model) {
  const layout = layoutOf(model.config);
  return Array.from(model.namedParameters(), ([path, parameter]) => {
    const heads = layout.ggufInterleavedHeads(path);
    return {
      parameter,
      path,
      name: layout.ggufName(path),
      shape: parameter.shape,
      convert: heads > 0 ? (tensor) => uninterleaveRows(tensor, heads) : (tensor) => tensor
    };
  });
}

// src/checkpoint/save-model.ts
import { mkdir } from "fs/promises";
import { join as join3 } from "path";
import { tf as tf10 } from '/work/wt/fused/packages/tensor/.bench-tmp/index.js';
import { writeFileAtomic, writeSafetensors } from "/work/wt/fused/packages/tensor/.bench-tmp/io/index.js";
async function saveModel(model, folder) {
  await mkdir(folder, { recursive: true });
  await writeWeights(join3(folder, "model.safetensors"), checkpointEntries(model));
  await writeJson(join3(folder, "generation_config.json"), generationDefaults(model.config));
  await writeJson(join3(folder, "config.json"), configToJson(model.config));
}
var writeJson = (path, value) => writeFileAtomic(path, `${JSON.stringify(value, null, 2)}
`);
function checkpointEntries(model) {
  const layout = layoutOf(model.config);
  return Array.from(model.namedParameters(), ([path, parameter]) => ({
    key: plainKey(layout, path),
    parameter,
    isTransposed: layout.isTransposed(path)
  }));
}
function plainKey(layout, path) {
  layout.ggufName(path);
  return layout.key(path);
}
async function writeWeights(path, entries) {
  const copies = [];
  const tensors = /* @__PURE__ */ new Map();
  for (const { key, parameter, isTransposed } of entries) {
    if (isTransposed) copies.push(tf10.transpose(parameter));
    tensors.set(key, isTransposed ? copies.at(-1) : parameter);
  }
  try {
    await writeSafetensors(path, tensors, { metadata: { format: "pt" } });
  } finally {
    tf10.dispose(copies);
  }
}
function generationDefaults(config) {
  const { bosTokenId, eosTokenId, padTokenId } = config;
  const ids = { bos_token_id: bosTokenId, eos_token_id: eosTokenId, pad_token_id: padTokenId };
  const stated = Object.entries(ids).filter(([, value]) => value !== null);
  return { _from_model_config: true, ...Object.fromEntries(stated) };
}

// src/checkpoint/head-checkpoint.ts
import { mkdir as mkdir2 } from "fs/promises";
import { join as join4 } from "path";
import { Generator as Generator3 } from '/work/wt/fused/packages/tensor/.bench-tmp/index.js';

// src/heads/reward-model.ts
import { scope as scope5 } from '/work/wt/fused/packages/tensor/.bench-tmp/index.js';

// src/heads/last-token.ts
import { tf as tf11 } from '/work/wt/fused/packages/tensor/.bench-tmp/index.js';
function lastTokenValues(values, attentionMask) {
  const [B = 0, T = 0] = values.shape;
  const picked = lastTokenOneHot(attentionMask?.dataSync(), [B, T]);
  return tf11.sum(tf11.mul(values, tf11.tensor2d(picked, [B, T])), 1);
}
function lastTokenOneHot(mask, [rows, columns]) {
  const picked = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    let last = (row + 1) * columns - 1;
    while (mask !== void 0 && last >= row * columns && mask[last] === 0) last -= 1;
    if (last >= row * columns) picked[last] = 1;
  }
  return picked;
}

// src/heads/scalar-head.ts
import { nn as nn9, scope as scope4, ShapeError as ShapeError4, tf as tf12 } from '/work/wt/fused/packages/tensor/.bench-tmp/index.js';
var ScalarHead = class extends nn9.Module {
  /** The model whose hidden states are scored. It belongs to the head from now on. */
  model;
  score;
  // [1, C]
  constructor(model, { generator }) {
    super();
    this.model = model;
    const { initializerRange: std } = model.config;
    this.score = buildLinear([model.shape.hiddenSize, 1], { hasBias: false, std }, { generator });
  }
  /** inputIds int32 [B, T] → one number for each token, [B, T]. */
  tokenScores(inputIds, { attentionMask }) {
    if (attentionMask !== void 0 && attentionMask.shape.join() !== inputIds.shape.join()) {
      throw new ShapeError4(
        `forward: attentionMask: expected [${inputIds.shape.join(", ")}], got [${attentionMask.shape.join(", ")}]. Pad it together with inputIds.`
      );
    }
    return scope4(() => {
      const hidden = this.model.hiddenStates(inputIds, { attentionMask });
      return tf12.reshape(this.score.forward(hidden), inputIds.shape);
    });
  }
};

// src/heads/reward-model.ts
var RewardModel = class extends ScalarHead {
  /** inputIds int32 [B, T] → [B]. The caller owns the result. */
  forward(inputIds, options = {}) {
    return scope5(() => lastTokenValues(this.tokenScores(inputIds, options), options.attentionMask));
  }
};

// src/heads/value-model.ts
var ValueModel = class extends ScalarHead {
  /** inputIds int32 [B, T] → [B, T]. The caller owns the result. */
  forward(inputIds, options = {}) {
    return this.tokenScores(inputIds, options);
  }
};

// src/checkpoint/head-checkpoint.ts
var SCORE = "score.weight";
var OUTPUT = "lm_head.weight";
async function saveHead(head, folder) {
  const body = checkpointEntries(head.model).filter(({ key }) => key !== OUTPUT);
  const score = { key: SCORE, parameter: head.score.weight, isTransposed: false };
  await mkdir2(folder, { recursive: true });
  await writeWeights(join4(folder, "model.safetensors"), [...body, score]);
  await writeJson(join4(folder, "config.json"), headConfig(head.model.config));
}
var loadRewardModel = (folder, options = {}) => loadHead(RewardModel, folder, options);
var loadValueModel = (folder, options = {}) => loadHead(ValueModel, folder, options);
function headConfig(config) {
  const name = config.modelType === "gpt2" ? "GPT2" : "Llama";
  return {
    ...configToJson(config),
    architectures: [`${name}ForSequenceClassification`],
    id2label: { 0: "LABEL_0" },
    label2id: { LABEL_0: 0 }
  };
}
async function loadHead(Head, folder, options) {
  const config = await readConfig(folder);
  const source = await openFolderWeights(folder);
  try {
    const body = blankModel({ ...config, tieWordEmbeddings: true }, options);
    const head = new Head(body, { generator: new Generator3(0) });
    const parameter = head.score.weight;
    const score = { parameter, path: SCORE, name: SCORE, shape: parameter.shape };
    const mappings = [
      ...folderMappings(body, source),
      { ...score, convert: (tensor) => tensor }
    ];
    const { isIgnored } = layoutOf(body.config);
    return await filled(head, () => fillModel(source, mappings, isIgnored));
  } finally {
    await source.close();
  }
}

// src/generation/generate.ts
import { Generator as Generator4 } from '/work/wt/fused/packages/tensor/.bench-tmp/index.js';

// src/generation/decode-step.ts
import { scope as scope6, tf as tf13 } from '/work/wt/fused/packages/tensor/.bench-tmp/index.js';
function createState(model, prompts, newTokens) {
  const { batch, columns, attentionMask: mask, lengths } = prompts;
  const maxLength = columns + newTokens;
  const kvCache = model.createCache(batch, maxLength);
  if (mask === null) return { kvCache, attentionMask: null, lengths: new Int32Array(batch) };
  const wide = new Int32Array(batch * maxLength).fill(1);
  for (let row = 0; row < batch; row++)
    wide.fill(0, row * maxLength, row * maxLength + columns - lengths[row]);
  const attentionMask = tf13.keep(tf13.tensor2d(wide, [batch, maxLength], "int32"));
  return { kvCache, attentionMask, lengths: new Int32Array(batch) };
}
function disposeState({ kvCache, attentionMask }) {
  kvCache.dispose();
  attentionMask?.dispose();
}
function prefill(model, prompts, state) {
  const { batch, columns, inputIds, lengths } = prompts;
  const positions = new Int32Array(batch * columns);
  for (let i = 0; i < positions.length; i++) {
    const row = Math.floor(i / columns);
    positions[i] = Math.max(i % columns - (columns - lengths[row]), 0);
  }
  const logits = lastLogits(model, [inputIds, positions], state);
  state.lengths.set(lengths);
  return logits;
}
function decodeStep(model, tokens, state) {
  const logits = lastLogits(model, [tokens, state.lengths], state);
  for (let row = 0; row < tokens.length; row++) state.lengths[row] += 1;
  return logits;
}
function lastLogits(model, [ids, positions], { kvCache, attentionMask }) {
  const B = kvCache.batch;
  const T = ids.length / B;
  return scope6(() => {
    const inputIds = tf13.tensor2d(ids, [B, T], "int32");
    const options = {
      kvCache,
      attentionMask: attentionMask ?? void 0,
      positionIds: attentionMask === null ? void 0 : tf13.tensor2d(positions.slice(), [B, T], "int32")
    };
    const hidden = inEvaluation(model, () => model.hiddenStates(inputIds, options));
    const last = T === 1 ? hidden : tf13.slice(hidden, [0, T - 1, 0], [B, 1, -1]);
    const C = last.shape[2];
    return model.logits(tf13.reshape(last, [B, C]));
  });
}
function inEvaluation(model, fn) {
  if (!model.training) return fn();
  const active = Array.from(model.namedModules(), ([, module]) => module).filter((m) => m.training);
  for (const module of active) module.training = false;
  try {
    return fn();
  } finally {
    for (const module of active) module.training = true;
  }
}

// src/generation/left-pad.ts
var PADDING = 0;
function leftPad(prompts, vocabSize) {
  const lengths = prompts.map(({ length }) => length);
  checkPrompts(prompts, vocabSize);
  const columns = Math.max(...lengths);
  const inputIds = new Int32Array(prompts.length * columns).fill(PADDING);
  const mask = new Int32Array(prompts.length * columns);
  for (const [row, prompt] of prompts.entries()) {
    const start = (row + 1) * columns - prompt.length;
    inputIds.set(prompt, start);
    mask.fill(1, start, (row + 1) * columns);
  }
  const isEven = lengths.every((length) => length === columns);
  return { batch: prompts.length, columns, inputIds, attentionMask: isEven ? null : mask, lengths };
}
function checkPrompts(prompts, vocabSize) {
  if (prompts.length === 0) {
    throw new GenerationError(
      "generate: prompts: expected at least one, got none. Pass token ids."
    );
  }
  for (const [row, prompt] of prompts.entries()) {
    if (prompt.length === 0) {
      throw new GenerationError(
        `generate: prompts[${row}]: expected at least one token, got none. Begin with the model's first token.`
      );
    }
    const wrong = prompt.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize);
    if (wrong === void 0) continue;
    throw new GenerationError(
      `generate: prompts[${row}]: expected token ids in [0, ${vocabSize}), got ${wrong}. Use the model's own tokenizer.`
    );
  }
}

// src/generation/next-turn.ts
function nextTurn() {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve);
  });
}

// src/generation/options.ts
function checkOptions(model, longestPrompt, options) {
  const { maxNewTokens, minNewTokens = 0, temperature = 0, topK, topP } = options;
  const isCount2 = Number.isSafeInteger;
  require2(isCount2(maxNewTokens) && maxNewTokens > 0, "maxNewTokens", "a positive integer", maxNewTokens);
  require2(isCount2(minNewTokens) && minNewTokens >= 0, "minNewTokens", "an integer \u2265 0", minNewTokens);
  require2(temperature >= 0 && temperature < Infinity, "temperature", "a number \u2265 0", temperature);
  require2(topK === void 0 || isCount2(topK) && topK > 0, "topK", "a positive integer", topK);
  require2(topP === void 0 || topP > 0 && topP <= 1, "topP", "a number in (0, 1]", topP);
  const room = model.shape.positionLimit - longestPrompt + 1;
  require2(maxNewTokens <= room, "maxNewTokens", `at most ${room}, the positions left`, maxNewTokens);
  return { ...options, stopTokens: options.stopTokens ?? stopTokensOf(model.config) };
}
function require2(condition, name, expected, got) {
  if (condition) return;
  throw new GenerationError(
    `generate: ${name}: expected ${expected}, got ${String(got)}. Change it.`
  );
}

// src/generation/filters.ts
function applyTemperature(logits, temperature) {
  for (let i = 0; i < logits.length; i++) logits[i] = logits[i] / temperature;
}
function keepTopK(logits, k) {
  if (k >= logits.length) return;
  const threshold = kthLargest(logits, k);
  for (let i = 0; i < logits.length; i++) if (logits[i] < threshold) logits[i] = -Infinity;
}
function keepTopP(logits, p) {
  if (p >= 1) return;
  const probabilities = softmax(logits);
  const share = (1 - p) / logits.length;
  const candidates = [];
  let dropped = 0;
  for (const [i, probability] of probabilities.entries()) {
    if (probability > share) candidates.push(i);
    else {
      dropped += probability;
      logits[i] = -Infinity;
    }
  }
  candidates.sort((a, b) => probabilities[a] - probabilities[b]);
  candidates.pop();
  for (const i of candidates) {
    dropped += probabilities[i];
    if (dropped > 1 - p) return;
    logits[i] = -Infinity;
  }
}
function softmax(logits) {
  const max = largest2(logits);
  const weights = new Float64Array(logits.length);
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += weights[i] = Math.exp(logits[i] - max);
  for (let i = 0; i < weights.length; i++) weights[i] /= sum;
  return weights;
}
function logSoftmaxAt(logits, index) {
  const max = largest2(logits);
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += Math.exp(logits[i] - max);
  return logits[index] - max - Math.log(sum);
}
function argmax(values) {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}
var largest2 = (values) => values[argmax(values)];
function kthLargest(values, k) {
  const heap = values.slice(0, k).sort();
  for (let i = k; i < values.length; i++) {
    if (values[i] > heap[0]) sink(heap, values[i]);
  }
  return heap[0];
}
function sink(heap, value) {
  let at = 0;
  for (; ; ) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && heap[child + 1] < heap[child]) child += 1;
    if (value <= heap[child]) break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = value;
}

// src/generation/sample.ts
function sample(logits, generator, options) {
  const { temperature = 0, topK, topP, logprobs = false } = options;
  if (temperature > 0) applyTemperature(logits, temperature);
  const policy = logprobs ? logits.slice() : null;
  const token = temperature === 0 ? argmax(logits) : draw(logits, generator, { topK, topP });
  return { token, logprob: policy === null ? NaN : logSoftmaxAt(policy, token) };
}
function draw(logits, generator, options) {
  const { topK, topP } = options;
  if (topK !== void 0) keepTopK(logits, topK);
  if (topP !== void 0) keepTopP(logits, topP);
  return generator.multinomial(softmax(logits));
}

// src/generation/generate.ts
async function generate(model, prompts, options) {
  const rows = asRows(prompts);
  const sequences = rows.map(() => []);
  const finishReasons = rows.map(() => "length");
  const logprobs = rows.map(() => []);
  for await (const { row, token, logprob, isStop } of decode(model, rows, options)) {
    sequences[row].push(token);
    logprobs[row].push(logprob);
    if (isStop) finishReasons[row] = "stop";
    options.onToken?.(token, row);
  }
  return { sequences, finishReasons, ...options.logprobs === true ? { logprobs } : {} };
}
async function* stream(model, prompt, options) {
  for await (const { token } of decode(model, [prompt], options)) {
    options.onToken?.(token, 0);
    yield token;
  }
}
function asRows(prompts) {
  const rows = prompts.filter((prompt) => typeof prompt !== "number");
  return rows.length > 0 || prompts.length === 0 ? rows : [prompts.filter((id) => typeof id === "number")];
}
async function* decode(model, prompts, options) {
  const padded = leftPad(prompts, model.shape.vocabSize);
  const checked = checkOptions(model, padded.columns, options);
  const tokens = new Int32Array(prompts.length);
  const state = createState(model, padded, options.maxNewTokens);
  let open = rowGenerators(prompts.length, options.seed ?? 0).map((generator, row) => ({
    generator,
    row
  }));
  try {
    for (let step = 0; step < options.maxNewTokens && open.length > 0; step++) {
      const logits = await takeLogits(
        step === 0 ? prefill(model, padded, state) : decodeStep(model, tokens, state)
      );
      options.signal?.throwIfAborted();
      const stopped = /* @__PURE__ */ new Set();
      for (const { row, generator } of open) {
        const next = nextToken(rowOf(logits, row, model), generator, { ...checked, step });
        tokens[row] = next.token;
        if (next.isStop) stopped.add(row);
        yield { row, ...next };
      }
      open = open.filter(({ row }) => !stopped.has(row));
    }
  } finally {
    disposeState(state);
  }
}
var rowOf = (logits, row, { shape: { vocabSize } }) => logits.slice(row * vocabSize, (row + 1) * vocabSize);
function nextToken(logits, generator, options) {
  const { stopTokens, minNewTokens = 0, step } = options;
  if (step < minNewTokens) forbid(logits, stopTokens);
  const sampled = sample(logits, generator, options);
  return { ...sampled, isStop: stopTokens.includes(sampled.token) };
}
function rowGenerators(rows, seed) {
  const seeds = new Generator4(seed);
  return Array.from({ length: rows }, () => new Generator4(seeds.nextSeed()));
}
async function takeLogits(logits) {
  const values = await logits.data();
  logits.dispose();
  await nextTurn();
  return values;
}
function forbid(logits, tokens) {
  for (const token of tokens) if (token < logits.length) logits[token] = -Infinity;
}
export {
  CausalLm,
  CheckpointError,
  ConfigError,
  GenerationError,
  Gpt2LmHeadModel,
  KvCache,
  LlamaForCausalLm,
  RewardModel,
  ScalarHead,
  ValueModel,
  completeConfig,
  configFromGguf,
  configToJson,
  createModel,
  generate,
  loadModel,
  loadRewardModel,
  loadValueModel,
  parseConfig,
  readConfig,
  saveHead,
  saveModel,
  stopTokensOf,
  stream
};
//# sourceMappingURL=index.js.map