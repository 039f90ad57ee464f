#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>

namespace apq::search {

/// 128 bits that stand for genes: MurmurHash3 x64-128 (A. Appleby, public domain). Different genes get equal ones with
/// probability 2^-128: less than 1e-22 among 10^8 subnets.
struct Fingerprint {
  std::uint64_t first, second;
  bool operator==(Fingerprint const&) const = default;
};

inline Fingerprint fingerprint(std::span<std::uint8_t const> genes) {
  constexpr std::uint64_t c1 = 0x87c37b91114253d5, c2 = 0x4cf5ad432745937f;
  std::uint64_t h1 = 0, h2 = 0;
  auto const mix_first = [](std::uint64_t k) { return std::rotl(k * c1, 31) * c2; };
  auto const mix_second = [](std::uint64_t k) { return std::rotl(k * c2, 33) * c1; };
  std::size_t at = 0;
  for (; at + 16 <= genes.size(); at += 16) {
    std::uint64_t k[2];
    std::memcpy(k, genes.data() + at, sizeof k);
    h1 = (std::rotl(h1 ^ mix_first(k[0]), 27) + h2) * 5 + 0x52dce729;
    h2 = (std::rotl(h2 ^ mix_second(k[1]), 31) + h1) * 5 + 0x38495ab5;
  }
  std::uint64_t tail[2]{};
  if (at < genes.size()) std::memcpy(tail, genes.data() + at, genes.size() - at);
  h1 ^= mix_first(tail[0]) ^ genes.size();
  h2 ^= mix_second(tail[1]) ^ genes.size();
  auto const finish = [](std::uint64_t k) {
    k = (k ^ k >> 33) * 0xff51afd7ed558ccd;
    k = (k ^ k >> 33) * 0xc4ceb9fe1a85ec53;
    return k ^ k >> 33;
  };
  h1 += h2;
  h2 += h1;
  h1 = finish(h1);
  h2 = finish(h2);
  h1 += h2;
  return {h1, h2 + h1};
}

}  // namespace apq::search
