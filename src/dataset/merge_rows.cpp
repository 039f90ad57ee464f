#include "dataset/merge_rows.hpp"

#include <fmt/format.h>

namespace apq::dataset {
namespace {

bool same_label(h5::Row const& a, h5::Row const& b) {
  return a.genes == b.genes && a.correct == b.correct && a.correct5 == b.correct5 && a.total == b.total;
}

std::string counts(h5::Row const& row) { return fmt::format("{} top-1 and {} top-5 hits of {}", row.correct, row.correct5, row.total); }

}  // namespace

std::string text_of(Contradiction const& contradiction, std::string const& there, std::string const& here) {
  auto const& [first, second] = contradiction;
  if (first.genes != second.genes) return fmt::format("sample {}: is another subnet in {} than in {}", first.id, here, there);
  return fmt::format("sample {}: {} in {}, {} in {}", first.id, counts(first), there, counts(second), here);
}

MergedRows merge_rows(std::span<h5::Row const> first, std::span<h5::Row const> second, OnContradiction choice) {
  MergedRows merged;
  merged.rows.reserve(first.size() + second.size());
  auto a = first.begin();
  auto b = second.begin();
  while (a != first.end() || b != second.end()) {
    if (b == second.end() || (a != first.end() && a->id < b->id)) {
      merged.rows.push_back(*a++);
    } else if (a == first.end() || b->id < a->id) {
      merged.rows.push_back(*b++);
    } else {
      bool const agree = same_label(*a, *b);
      if (agree) ++merged.folded;
      else merged.contradictions.push_back({*a, *b});
      if (agree || choice == OnContradiction::first) merged.rows.push_back(*a);
      ++a;
      ++b;
    }
  }
  return merged;
}

}  // namespace apq::dataset
