#include "kernels/quantized/packed_linear-inl.h"
