// The instructions Attention and AttentionGrad: reading their arguments.
#include <limits>

#include "kernels/attention/attention.h"
#include "kernels/attention/mask_bias.h"
#include "kernels/read_args.h"
#include "node/instruction.h"

namespace llm {
namespace {

constexpr int64_t kMaxLength = int64_t{1} << 40;

void ReadScoreBias(Args& args, size_t items, size_t heads, AttentionProblem* p) {
  args.Check(items == 1 || items == p->B, "bias items", "1 or B");
  args.Check(heads == 1 || heads == p->H, "bias heads", "1 or H");
  const size_t head_size = CheckedProduct(args, p->T, p->key_length);
  p->score_bias = args.OptionalInput<float>("bias", CheckedProduct(args, items, heads, head_size));
  p->bias_head_stride = heads == 1 ? 0 : head_size;
  p->bias_batch_stride = items == 1 ? 0 : heads * head_size;
}

// q shape [B, T, H, D], k shape [B, S, K, D], key length, is_causal, query offset, scale, window, soft cap, dropout
// seed, threshold and scale, mask columns, mask is_float, bias items (1 or B), bias heads (1 or H), q, k, v, bias [items,
// heads, T, key length] or -1, mask [B, columns] int32 or float32, or -1
AttentionProblem ReadProblem(Args& args) {
  const Shape q = args.ReadShape("q shape");
  const Shape k = args.ReadShape("k shape");
  args.Check(q.rank == 4 && q.dims[3] >= 1 && q.dims[3] <= kMaxHeadDim, "q shape", "[B, T, H, D] with D up to 512");
  args.Check(k.rank == 4 && k.dims[0] == q.dims[0] && k.dims[3] == q.dims[3], "k shape", "q's B and D");
  args.Check(k.dims[2] > 0 && q.dims[2] % k.dims[2] == 0, "k shape", "heads that divide q's");
  AttentionProblem p{};
  p.B = q.dims[0], p.T = q.dims[1], p.H = q.dims[2], p.D = q.dims[3];
  p.S = k.dims[1], p.K = k.dims[2];
  p.key_length = args.Size("key length");
  args.Check(p.key_length >= 1 && p.key_length <= p.S, "key length", "1 to the number of keys");
  p.is_causal = args.Bool("is_causal");
  p.query_offset = static_cast<ptrdiff_t>(args.Int("query offset", -kMaxLength, kMaxLength));
  p.scale = args.Float("scale");
  p.window = static_cast<size_t>(args.Int("window", 0, kMaxLength));
  p.softcap = args.Float("soft cap");
  p.dropout_seed = static_cast<uint64_t>(args.Int("dropout seed", 0, (int64_t{1} << 53) - 1));
  p.dropout_threshold = static_cast<uint32_t>(args.Int("dropout threshold", 0, UINT32_MAX));
  p.dropout_scale = args.Float("dropout scale");
  const size_t columns = args.Size("mask columns");
  const bool is_float = args.Bool("mask is_float");
  const size_t bias_items = args.Size("bias items"), bias_heads = args.Size("bias heads");
  p.q = args.Input<float>("q", q.size());
  p.k = args.Input<float>("k", k.size());
  p.v = args.Input<float>("v", k.size());
  ReadScoreBias(args, bias_items, bias_heads, &p);
  p.mask_bias = ReadMaskBias(args, p, columns, is_float);
  return p;
}

}  // namespace

const float* ReadMaskBias(Args& args, const AttentionProblem& p, size_t columns, bool is_float) {
  args.Check(columns <= size_t{1} << 40 && p.B <= size_t{1} << 20, "mask columns", "a mask that fits in memory");
  const int32_t* mask = args.OptionalInput<int32_t>("mask", p.B * columns);
  if (mask == nullptr) return nullptr;
  args.Check(columns >= p.key_length, "mask columns", "at least the key length");
  float* bias = args.Scratch<float>(p.B * p.PaddedKeys());
  for (size_t b = 0; b < p.B; ++b) {
    for (size_t j = 0; j < p.PaddedKeys(); ++j) {
      const int32_t bits = j < p.key_length ? mask[b * columns + j] : 0;
      // A float is zero when nothing but its sign is set.
      const bool is_visible = (is_float ? bits & 0x7fffffff : bits) != 0;
      bias[b * p.PaddedKeys() + j] = is_visible ? 0.0f : -std::numeric_limits<float>::infinity();
    }
  }
  return bias;
}

// Attention: what ReadProblem reads, out [B, T, H, D], log_sum_exp [B, H, T]
LLM_INSTRUCTION(Attention) {
  AttentionForwardArgs attention{};
  attention.problem = ReadProblem(args);
  const AttentionProblem& p = attention.problem;
  attention.out = args.Output<float>("out", p.B * p.T * p.H * p.D);
  attention.log_sum_exp = args.Output<float>("log_sum_exp", p.B * p.H * p.T);
  args.End();
  if (p.B * p.T * p.H == 0) return;
  PlanAttentionForward(&attention);
  attention.parts = args.Scratch<float>(attention.ScratchFloats());
  AttentionForward(attention, pool);
}

// AttentionGrad: what ReadProblem reads, dy, out, log_sum_exp, dq, dk, dv, dbias (of H heads; only with a bias)
LLM_INSTRUCTION(AttentionGrad) {
  AttentionBackwardArgs attention{};
  attention.problem = ReadProblem(args);
  const AttentionProblem& p = attention.problem;
  const size_t queries = p.B * p.T * p.H * p.D, keys = p.B * p.S * p.K * p.D;
  attention.dy = args.Input<float>("dy", queries);
  attention.out = args.Input<float>("out", queries);
  attention.log_sum_exp = args.Input<float>("log_sum_exp", p.B * p.H * p.T);
  attention.dq = args.Output<float>("dq", queries);
  attention.dk = args.Output<float>("dk", keys);
  attention.dv = args.Output<float>("dv", keys);
  if (p.score_bias != nullptr) {
    const size_t items = p.bias_batch_stride == 0 ? 1 : p.B;
    args.Check(p.H == 1 || p.bias_head_stride > 0, "bias heads", "as many as q's, for the gradient");
    attention.dbias = args.Output<float>("dbias", CheckedProduct(args, CheckedProduct(args, items, p.H), p.T, p.key_length));
  }
  args.End();
  if (keys == 0) return;
  PlanAttentionBackward(&attention);
  attention.dq_parts = args.Scratch<float>(attention.ScratchFloats());
  AttentionBackward(attention, pool);
}

}  // namespace llm
