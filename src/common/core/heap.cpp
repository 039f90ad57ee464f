#include "common/core/heap.hpp"

#if __has_include(<malloc.h>)
#include <malloc.h>
#endif

namespace apq {

void keep_freed_memory() {
#ifdef __GLIBC__
  mallopt(M_MMAP_MAX, 0);         // no block gets a mapping of its own
  mallopt(M_TRIM_THRESHOLD, -1);  // the top of the heap stays
  mallopt(M_TOP_PAD, 64 << 20);   // and grows in large steps
#endif
}

}  // namespace apq
