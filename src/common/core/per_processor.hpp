#pragma once

/// Before a function with a loop worth vectorising: one copy of it per kind of x86 processor, chosen when the program starts. All copies
/// give the same bits, since files that use it are compiled with -ffp-contract=off: products and sums are rounded one by one, in the order
/// written. A test defines it empty and compiles the copies one at a time.
#ifndef APQ_PER_PROCESSOR
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define APQ_PER_PROCESSOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define APQ_PER_PROCESSOR
#endif
#endif
