#pragma once

namespace apq {

/// Makes the allocator keep what is freed instead of giving it back to the system. The activations of a batch are several
/// megabytes a layer; by default glibc maps, zeroes and unmaps fresh pages for each of them, which costs the evaluation of a
/// subnet about a tenth to a fifth of its time. Call once at start; without glibc it does nothing.
void keep_freed_memory();

}  // namespace apq
