#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

// What the fuzz targets have in common (docs/developing.md). A target is one file that defines `seeds` and `attempt` for one reader;
// libFuzzer (libfuzzer.cpp) or a test (replay_test.cpp) calls them.
namespace apq::fuzz {

/// Sound inputs, which the target makes itself: all others are bred from these. Each is read.
std::vector<std::string> seeds();

/// Reads `input`, writes what was read, reads that again and requires that it is the same. What the reader throws goes through.
void attempt(std::string_view input);

/// @throws std::logic_error(what) unless it holds; nobody catches that but who runs the target.
void require(bool holds, std::string const& what);

/// `attempt`, out of which nothing may come but an Error that an input can be guilty of. @return whether it was read.
bool is_read(std::string_view input);

/// A path in a folder of this process, which goes with it.
std::filesystem::path scratch(std::string const& name);
/// A file there with this content.
std::filesystem::path scratch_file(std::string const& name, std::string_view content);

/// Takes an input apart into what a target needs; zeros and empty texts when nothing is left.
class Pieces {
 public:
  explicit Pieces(std::string_view input) : left_(input) {}
  std::uint64_t number(std::size_t bytes);
  std::size_t below(std::size_t end) { return static_cast<std::size_t>(number(1)) % end; }
  std::string_view text(std::size_t size);
  std::string_view rest() const { return left_; }
  bool is_empty() const { return left_.empty(); }

 private:
  std::string_view left_;
};

}  // namespace apq::fuzz
