// The instruction CacheAttention: attention over a cache of keys and values, which may be packed in few bits and may lie in
// blocks of a pool that texts share.
#include "kernels/attention/attention.h"
#include "kernels/attention/mask_bias.h"
#include "kernels/kv_cache/packed_rows.h"
#include "kernels/read_args.h"
#include "node/instruction.h"

namespace llm {
namespace {

constexpr int64_t kMaxLength = int64_t{1} << 40;

// Every block that an item's keys lie in is one of the pool, and every length one that its blocks hold.
void CheckBlocks(const Args& args, const AttentionProblem& p) {
  const size_t blocks = p.S / p.block;
  for (size_t b = 0; b < p.B; ++b) {
    const int32_t length = p.lengths[b];
    args.Check(length >= 1 && static_cast<size_t>(length) <= p.key_length, "lengths", "1 to the key length");
    for (size_t i = 0; i * p.block < static_cast<size_t>(length); ++i) {
      const int32_t block = p.table[b * p.table_columns + i];
      args.Check(block >= 0 && static_cast<size_t>(block) < blocks, "table", "blocks of the pool");
    }
  }
}

// block, table columns, table [B, columns] or -1, lengths [B] or -1
void ReadBlocks(Args& args, AttentionProblem* p) {
  p->block = args.Size("block");
  p->table_columns = args.Size("table columns");
  p->table = args.OptionalInput<int32_t>("table", CheckedProduct(args, p->B, p->table_columns));
  p->lengths = args.OptionalInput<int32_t>("lengths", p->B);
  args.Check((p->table == nullptr) == (p->lengths == nullptr), "table", "one together with lengths");
  if (p->table == nullptr) return;
  args.Check(p->block > 0 && p->key_length <= CheckedProduct(args, p->block, p->table_columns), "key length",
             "at most what the blocks hold");
  args.Check(p->mask_bias == nullptr, "mask", "none with blocks");
  CheckBlocks(args, *p);
}

// q shape [B, T, H, D], K, S, bits (32, 8 or 4), key length, is_causal, query offset, scale, window, soft cap, mask
// columns, mask is_float, is_paged, q, k, v, mask or -1, then what ReadBlocks reads. k and v: [B, S, K, D or words], or [S, ..]
// with a table.
AttentionProblem ReadCacheProblem(Args& args) {
  const Shape q = args.ReadShape("q shape");
  args.Check(q.rank == 4 && q.dims[3] >= 1 && q.dims[3] <= kMaxHeadDim, "q shape", "[B, T, H, D] with D up to 512");
  AttentionProblem p{};
  p.B = q.dims[0], p.T = q.dims[1], p.H = q.dims[2], p.D = q.dims[3];
  p.K = args.Size("K");
  args.Check(p.K > 0 && p.H % p.K == 0, "K", "heads that divide q's");
  p.S = args.Size("S");
  const int64_t bits = args.Int("bits", 4, 32);
  args.Check(bits == 32 || bits == 8 || (bits == 4 && p.D % 2 == 0), "bits", "32, 8, or 4 with an even D");
  p.bits = bits == 32 ? 0 : static_cast<size_t>(bits);
  p.key_length = args.Size("key length");
  args.Check(p.key_length >= 1, "key length", "1 or more");
  p.is_causal = args.Bool("is_causal");
  p.query_offset = static_cast<ptrdiff_t>(args.Int("query offset", -kMaxLength, kMaxLength));
  p.scale = args.Float("scale");
  p.window = static_cast<size_t>(args.Int("window", 0, kMaxLength));
  p.softcap = args.Float("soft cap");
  const size_t columns = args.Size("mask columns");
  const bool is_float = args.Bool("mask is_float"), is_paged = args.Bool("is_paged");
  args.Check(is_paged || p.key_length <= p.S, "key length", "at most the number of keys");
  const size_t row = p.bits == 0 ? p.D : PackedRowFormat::Of(p.D, p.bits).words;
  const size_t keys = CheckedProduct(args, CheckedProduct(args, is_paged ? 1 : p.B, p.S), p.K, row);
  p.q = args.Input<float>("q", q.size());
  p.k = args.Input<float>("k", keys);
  p.v = args.Input<float>("v", keys);
  p.mask_bias = ReadMaskBias(args, p, columns, is_float);
  ReadBlocks(args, &p);
  args.Check(is_paged == (p.table != nullptr), "is_paged", "a table if and only if keys lie in blocks");
  return p;
}

}  // namespace

// CacheAttention: what ReadCacheProblem reads, out [B, T, H, D]
LLM_INSTRUCTION(CacheAttention) {
  AttentionForwardArgs attention{};
  attention.problem = ReadCacheProblem(args);
  const AttentionProblem& p = attention.problem;
  attention.out = args.Output<float>("out", p.B * p.T * p.H * p.D);
  args.End();
  if (p.B * p.T * p.H == 0) return;
  attention.log_sum_exp = args.Scratch<float>(p.B * p.H * p.T);
  PlanAttentionForward(&attention);
  attention.parts = args.Scratch<float>(attention.ScratchFloats());
  AttentionForward(attention, pool);
}

}  // namespace llm
