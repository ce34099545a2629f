// Multinomial: draws events from rows of probabilities, the numbers that tfjs draws for a seed.
//
// tfjs takes its uniform numbers from Alea (J. Baagøe, 2010: three lagged fractions and a carry, in double) seeded with
// the seed's text, anew for each row, and sums the probabilities in float32.
#include "kernels/read_args.h"
#include "node/instruction.h"

namespace llm {
namespace {

constexpr double kTwoToMinus32 = 2.3283064365386963e-10;
constexpr double kTwoTo32 = 4294967296.0;
constexpr size_t kMaxSeedLength = 64;

// Hashes text into fractions; every call goes on from the state that the last left.
class Mash {
 public:
  double Next(const uint16_t* text, size_t length) {
    for (size_t i = 0; i < length; ++i) {
      state_ += text[i];
      double h = 0.02519603282416938 * state_;
      state_ = ToUint32(h);
      h -= state_;
      h *= state_;
      state_ = ToUint32(h);
      h -= state_;
      state_ += h * kTwoTo32;
    }
    return ToUint32(state_) * kTwoToMinus32;
  }

 private:
  // The low 32 bits of the integer part: the numbers here are positive and below 2^64.
  static double ToUint32(double x) { return static_cast<double>(static_cast<uint32_t>(static_cast<uint64_t>(x))); }
  double state_ = 4022871197.0;  // 0xefc8249d
};

class Alea {
 public:
  Alea(const uint16_t* seed, size_t length) {
    Mash mash;
    const uint16_t space = ' ';
    for (double& part : parts_) part = mash.Next(&space, 1);
    for (double& part : parts_) {
      part -= mash.Next(seed, length);
      if (part < 0) part += 1;
    }
  }

  // Uniform in [0, 1).
  double Next() {
    const double t = 2091639 * parts_[0] + carry_ * kTwoToMinus32;
    carry_ = static_cast<double>(static_cast<int32_t>(t));  // t is below 2091640
    parts_[0] = parts_[1];
    parts_[1] = parts_[2];
    return parts_[2] = t - carry_;
  }

 private:
  double parts_[3];
  double carry_ = 1;
};

// The first event whose cumulated probability exceeds r, or the last.
size_t EventAt(const float* cumulated, size_t count, double r) {
  if (count > 0 && cumulated[count - 1] != cumulated[count - 1]) {  // NaN: not in order
    for (size_t i = 0; i < count; ++i) {
      if (r < static_cast<double>(cumulated[i])) return i;
    }
    return count;
  }
  size_t low = 0, high = count;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (r < static_cast<double>(cumulated[middle])) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

}  // namespace

// Multinomial: rows, events, samples, seedLength, `seedLength` UTF-16 units, probabilities [rows, events], out int32
// [rows, samples]
LLM_INSTRUCTION(Multinomial) {
  const size_t rows = args.Size("rows"), events = args.Size("events"), samples = args.Size("samples");
  const size_t length = static_cast<size_t>(args.Int("seedLength", 0, kMaxSeedLength));
  uint16_t seed[kMaxSeedLength];
  for (size_t i = 0; i < length; ++i) seed[i] = static_cast<uint16_t>(args.Int("seed", 0, 0xffff));
  args.Check(events > 0, "events", "at least 1");
  const float* probabilities = args.Input<float>("probabilities", CheckedProduct(args, rows, events));
  int32_t* out = args.Output<int32_t>("out", CheckedProduct(args, rows, samples));
  args.End();
  double* uniform = args.Scratch<double>(samples);
  Alea alea(seed, length);
  for (size_t i = 0; i < samples; ++i) uniform[i] = alea.Next();
  float* cumulated = args.Scratch<float>(CheckedProduct(args, rows, events));
  pool.ForRange(rows, (1 << 13) / (events + 16 * samples + 1) + 1, [&](size_t begin, size_t end) {
    for (size_t r = begin; r < end; ++r) {
      float* row = cumulated + r * events;
      for (size_t e = 0; e < events; ++e) row[e] = probabilities[r * events + e] + (e > 0 ? row[e - 1] : 0.0f);
      for (size_t s = 0; s < samples; ++s) {
        out[r * samples + s] = static_cast<int32_t>(EventAt(row, events - 1, uniform[s]));
      }
    }
  });
}

}  // namespace llm
