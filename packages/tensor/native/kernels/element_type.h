// The element types of tensors. The numbers are part of the interface with
// src/backends/native/kernels/element-type.ts.
#pragma once
#include <cstddef>
#include <cstdint>

namespace llm {

enum class ElementType : int32_t { kFloat32 = 0, kInt32 = 1, kBool = 2 };

constexpr size_t WidthOf(ElementType type) { return type == ElementType::kBool ? 1 : 4; }

}  // namespace llm
