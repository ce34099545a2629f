#include "kernels/int8_linear/int8_product-inl.h"
