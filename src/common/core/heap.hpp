#pragma once

namespace apq {

/// Makes the allocator keep what is freed instead of giving it back to the system. The activations of a batch are several
/// megabytes a layer; by default glibc maps, zeroes and unmaps fresh pages for each of them, which an
/// evaluation feels. Call once at start; without glibc it does nothing.
void keep_freed_memory();

}  // namespace apq
