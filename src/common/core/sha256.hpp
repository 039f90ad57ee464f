#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace apq {

/// Incremental SHA-256 (FIPS 180-4).
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  Sha256& add(void const* bytes, std::size_t size);
  Sha256& add(std::string_view text) { return add(text.data(), text.size()); }
  /// The object's bytes as they lie in memory (little-endian hosts only; checked at build time).
  template <class T>
  requires std::is_arithmetic_v<T> Sha256& add_value(T value) { return add(&value, sizeof value); }
  /// 64 lower-case hex digits; the object must not be used after it.
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256_of(std::string_view text);
/// @throws Error(io) when the file cannot be read.
std::string sha256_of_file(std::filesystem::path const& path);

}  // namespace apq
